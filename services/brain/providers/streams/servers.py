"""The server of a section of the agent file, and the key that may be sent to it. No I/O."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from services.brain.providers.streams.options import ServerOptions
from services.brain.settings import read_secret

_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/messages")
"""Paths of requests; an address that was copied with one of them is used without it."""


def base_address(url: str) -> str:
    """Return the base address in a URL: without the path of a request, and without a slash at the end."""
    url = url.rstrip("/")
    ending = next((path for path in _ENDPOINTS if url.endswith(path)), "")
    return url.removesuffix(ending).rstrip("/")


@dataclass(frozen=True, slots=True)
class Server:
    """A server."""

    base_url: str
    """Without a slash at the end."""
    key: str
    """Empty without one."""
    key_env: str
    """The environment variable of the key, for messages."""
    is_providers_own: bool
    """Whether it is the provider's own, which needs a key."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The provider's own server, and the one of the settings."""

    own_url: str
    url: str
    """Empty for the provider's own server."""
    key: str
    key_env: str

    def find(self, options: ServerOptions) -> Server:
        """The server of a section; a key is never sent to a server that it is not for."""
        base_url = base_address(options.base_url or self.url or self.own_url)
        is_own = urlsplit(base_url).netloc == urlsplit(self.own_url).netloc
        if options.api_key_env:
            return Server(base_url, read_secret(options.api_key_env), options.api_key_env, is_own)
        place, configured = urlsplit(base_url), urlsplit(self.url or self.own_url)
        if (is_own and place.scheme == "https") or place[:2] == configured[:2]:
            return Server(base_url, self.key, self.key_env, is_own)
        return Server(base_url, "", "options.api_key_env", is_own)
