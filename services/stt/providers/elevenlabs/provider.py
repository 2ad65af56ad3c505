"""The entry point `elevenlabs` of stt."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.stt.provider_socket import socket_url
from services.stt.providers.elevenlabs.connection import ScribeConnection, open_connection
from services.stt.providers.elevenlabs.facts import FACTS
from services.stt.providers.elevenlabs.options import (
    PROVIDER,
    ScribeOptions,
    check,
    commit_after_ms,
    options_of,
    query_of,
)
from services.stt.settings import ElevenLabsSttSettings

_BASE_URL = "https://api.elevenlabs.io"
_PATH = "/v1/speech-to-text/realtime"
_CONNECT_CEILING_FACTOR = 2.0
"""Ceiling of the learned time limit for a handshake, as a multiple of the setting."""


class ScribeProvider:
    """ElevenLabs' live transcription for all calls of a process."""

    def __init__(self, settings: ElevenLabsSttSettings, limits: LatencyLimits) -> None:
        self._base_url = settings.elevenlabs_url or _BASE_URL
        self._key = settings.elevenlabs_api_key.get_secret_value()
        self._connected = connect_limit(
            limits, PROVIDER, self._base_url, settings.stt_connect_timeout_s, _CONNECT_CEILING_FACTOR
        )

    def detects_turns(self, config: SttConfig) -> bool:
        """False: Scribe reports segments, not turns."""
        del config
        return False

    def finalize_after_ms(self, config: SttConfig) -> int | None:
        """Silence after which the stage requests each final transcript; None if Scribe commits by itself."""
        return commit_after_ms(config) if options_of(config).commit_strategy == "manual" else None

    def connect(self, config: SttConfig, call_sid: str) -> AbstractAsyncContextManager[ScribeConnection]:
        """Open a WebSocket for one call."""
        del call_sid
        url = socket_url(self._base_url, _PATH, query_of(config))
        return open_connection(url, self._key, config, self._connected)


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[ScribeProvider]:
    settings = read_settings(ElevenLabsSttSettings)
    if not settings.elevenlabs_api_key.get_secret_value():
        raise ConfigError("ELEVENLABS_API_KEY: must be set for stt.provider elevenlabs")
    yield ScribeProvider(settings, context.limits)


PLUGIN = ProviderPlugin(_open, options=ScribeOptions, check=check, facts=FACTS)
"""Entry point `elevenlabs`."""
