"""The entry point `assemblyai`."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.stt.provider_socket import socket_url
from services.stt.providers.assemblyai.connection import AssemblyAiConnection, open_connection
from services.stt.providers.assemblyai.facts import FACTS
from services.stt.providers.assemblyai.options import PROVIDER, AssemblyAiOptions, check, query_of
from services.stt.providers.assemblyai.pace import Pace
from services.stt.settings import AssemblyAiSettings

_HOSTS = {"": "streaming", "us": "streaming.us", "eu": "streaming.eu"}
_CONNECT_CEILING_FACTOR = 2.0
"""Ceiling of the learned time limit for a handshake, as a multiple of the setting."""


class AssemblyAiProvider:
    """AssemblyAI's live transcription for all calls of a process."""

    def __init__(self, settings: AssemblyAiSettings, limits: LatencyLimits) -> None:
        self._base_url = base_url(settings)
        self._key = settings.assemblyai_api_key.get_secret_value()
        self._pace = Pace()
        self._connected = connect_limit(
            limits, PROVIDER, self._base_url, settings.stt_connect_timeout_s, _CONNECT_CEILING_FACTOR
        )

    def detects_turns(self, config: SttConfig) -> bool:
        """True: every model decides when a turn ends."""
        del config
        return True

    def connect(self, config: SttConfig, call_sid: str) -> AbstractAsyncContextManager[AssemblyAiConnection]:
        """Open a session for one call."""
        del call_sid
        url = socket_url(self._base_url, "/v3/ws", query_of(config))
        return open_connection(url, self._key, config, self._connected, self._pace)


def base_url(settings: AssemblyAiSettings) -> str:
    """The configured address, or that of the region.

    Raises:
        ConfigError: both are set.
    """
    if settings.assemblyai_url and settings.assemblyai_region:
        raise ConfigError("PARLEY_ASSEMBLYAI_REGION: cannot be set together with PARLEY_ASSEMBLYAI_URL")
    return settings.assemblyai_url or f"https://{_HOSTS[settings.assemblyai_region]}.assemblyai.com"


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[AssemblyAiProvider]:
    settings = read_settings(AssemblyAiSettings)
    if not settings.assemblyai_api_key.get_secret_value():
        raise ConfigError("ASSEMBLYAI_API_KEY: must be set for stt.provider assemblyai")
    yield AssemblyAiProvider(settings, context.limits)


PLUGIN = ProviderPlugin(_open, options=AssemblyAiOptions, check=check, facts=FACTS)
"""Entry point `assemblyai`."""
