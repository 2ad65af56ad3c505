"""The servers that agents name, each with its base URL and key; all share one connection pool."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from openai import AsyncOpenAI

from parley.agent_config import LlmConfig
from services.brain.providers.openai.options import OpenAIOptions
from services.brain.providers.streams.servers import base_address
from services.brain.settings import BrainSettings, read_secret

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = "missing"
"""Sent where no key is configured: OpenAI rejects it, and local servers ignore it."""
_MAX_SERVERS = 64


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the client for it."""

    base_url: str
    key_env: str
    """The environment variable of the key, for messages."""
    client: AsyncOpenAI


class Servers:
    """Finds the server of a section of the agent file."""

    def __init__(self, client: AsyncOpenAI, settings: BrainSettings) -> None:
        """Create it; `client` is for the server of the settings, and the others share its connections."""
        self._client = client
        self._settings = settings
        self._by_options: dict[OpenAIOptions, Server] = {}

    @property
    def default(self) -> Server:
        """The server of the settings."""
        return self._get(OpenAIOptions())

    def find(self, config: LlmConfig) -> Server:
        """The server of a section whose options are valid."""
        return self._get(OpenAIOptions.model_validate(config.options))

    def _get(self, options: OpenAIOptions) -> Server:
        server = self._by_options.get(options)
        if server is None:
            if len(self._by_options) >= _MAX_SERVERS:
                # The clients own no connections, so that one that is dropped needs no closing.
                del self._by_options[next(iter(self._by_options))]
            server = self._by_options[options] = self._make(options)
        return server

    def _make(self, options: OpenAIOptions) -> Server:
        base_url = base_address(options.base_url or self._settings.openai_base_url or OPENAI_URL)
        key, key_env = self._key(options, base_url)
        return Server(base_url, key_env, self._client.with_options(base_url=base_url, api_key=key or NO_KEY))

    def _key(self, options: OpenAIOptions, base_url: str) -> tuple[str, str]:
        if options.api_key_env:
            return read_secret(options.api_key_env), options.api_key_env
        url, own = urlsplit(base_url), urlsplit(self._settings.openai_base_url or OPENAI_URL)
        is_openai = url.scheme == "https" and f".{url.hostname}".endswith(".api.openai.com")
        if is_openai or (url.scheme, url.netloc) == (own.scheme, own.netloc):
            return self._settings.openai_api_key.get_secret_value(), "OPENAI_API_KEY"
        return "", "options.api_key_env"
