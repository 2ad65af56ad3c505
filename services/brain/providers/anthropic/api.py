"""Anthropic's Messages API for `HttpLlmClient`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from parley.agent_config import LlmConfig
from parley.errors import ProviderError
from services.brain.providers.anthropic.errors import PROVIDER, refusal_error
from services.brain.providers.anthropic.options import AnthropicOptions
from services.brain.providers.anthropic.reader import AnthropicReader
from services.brain.providers.anthropic.request import PROTECTED, X_API_KEY, build_request, headers
from services.brain.providers.streams.http_api import Correction, HttpRequest
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.servers import Server, ServerSettings

_EXTRA_FIELD = re.compile(r"(?:^|[\s;'\"`])(\w+)(?:\.[\w.]+)?: extra inputs are not permitted")
_THINKING_BLOCKS = re.compile(
    r"signature|(?:redacted_)?thinking[`'\"]* blocks|different (?:conversation|model|organi[sz]ation)"
    r"|block is bound|content\.\d+\.thinking"
)


@dataclass(frozen=True, slots=True)
class MessagesApi:
    """Implements HttpApi."""

    settings: ServerSettings

    @property
    def provider(self) -> str:
        """Name of the provider."""
        return PROVIDER

    def server(self, config: LlmConfig) -> Server:
        """The server of a section; `/v1` at the end of its address is optional."""
        server = self.settings.find(AnthropicOptions.model_validate(config.options))
        base_url = server.base_url.removesuffix("/v1")
        return Server(base_url, server.key, server.key_env, server.is_providers_own)

    def warm_up(self, server: Server) -> tuple[str, Mapping[str, str]]:
        """The first model of the list."""
        return "/v1/models?limit=1", headers(server, AnthropicOptions())

    def request(
        self, server: Server, config: LlmConfig, given: ModelInput, refused: frozenset[str]
    ) -> HttpRequest:
        """See `build_request`."""
        return build_request(server, config, given, refused)

    def reader(self, given: ModelInput) -> AnthropicReader:
        """A reader of the answer."""
        return AnthropicReader(given.tool_names)

    def correction(self, refusal: Refusal, request: HttpRequest) -> Correction | None:
        """Thinking blocks, the setting of thinking, or a field that the server does not know."""
        text, body = refusal.text, request.body
        if refusal.status in (401, 403):
            return Correction(X_API_KEY, X_API_KEY) if request.has_other_auth else None
        if "thinking" in str(body["messages"]) and _THINKING_BLOCKS.search(text):
            return Correction("thinking_blocks", "thinking of earlier answers")
        if found := _EXTRA_FIELD.search(text):
            name = found[1]
            if name in body and name not in PROTECTED:
                return Correction(name, name)
        if "cache_control" in text and "cache_control" in str(body):
            return Correction("cache_control", "cache_control")
        if "temperature" in text and "temperature" in body:
            return Correction("temperature", "temperature")
        if request.thinking and ("thinking" in text or "effort" in text or "output_config" in text):
            return Correction(request.thinking, request.thinking)
        for name in ("metadata", "tool_choice", "output_config"):
            if name in text and name in body:
                return Correction(name, name)
        return None

    def error(self, refusal: Refusal, server: Server, config: LlmConfig, reason: str) -> ProviderError:
        """See `refusal_error`."""
        return refusal_error(refusal, server, config, reason)
