"""The entry point `deepgram`: one SDK client for all calls of a process."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from deepgram import AsyncDeepgramClient

from parley.agent_config import SttConfig
from parley.providers.connect_limit import connect_limit
from parley.providers.deepgram_address import deepgram_address
from parley.providers.latency_limits import LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.stt.providers.deepgram.connection import DeepgramConnection, open_connection
from services.stt.providers.deepgram.facts import FACTS
from services.stt.providers.deepgram.options import DeepgramOptions, check, environment_of, is_flux
from services.stt.providers.deepgram.wire import PROVIDER
from services.stt.settings import SttSettings

_CONNECT_CEILING_FACTOR = 2.0
"""Ceiling of the learned time limit for a handshake, as a multiple of the setting."""


class DeepgramProvider:
    """Deepgram's client for all calls of a process."""

    def __init__(self, settings: SttSettings, limits: LatencyLimits) -> None:
        self._client = new_client(settings)
        self._connected = connect_limit(
            limits,
            PROVIDER,
            deepgram_address(settings.deepgram_url, settings.deepgram_region),
            settings.stt_connect_timeout_s,
            _CONNECT_CEILING_FACTOR,
        )

    def detects_turns(self, config: SttConfig) -> bool:
        """Whether the model is a Flux model."""
        return is_flux(config)

    def reports_silence(self, config: SttConfig) -> bool:  # noqa: ARG002 - the same for all models
        """True: empty transcripts once a second, or Updates of Flux four times a second."""
        return True

    def connect(self, config: SttConfig, call_sid: str) -> AbstractAsyncContextManager[DeepgramConnection]:
        """Open a WebSocket for one call."""
        return open_connection(self._client, config, call_sid, self._connected)


def new_client(settings: SttSettings) -> AsyncDeepgramClient:
    """Create a client for all calls of a process; Deepgram rejects requests without a key."""
    key = settings.deepgram_api_key.get_secret_value() or "missing"
    address = deepgram_address(settings.deepgram_url, settings.deepgram_region)
    client = AsyncDeepgramClient(api_key=key, environment=environment_of(address))
    # The SDK imports both on first use, about 30 ms each, which would otherwise delay a call.
    _ = client.listen.v1, client.listen.v2
    return client


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[DeepgramProvider]:
    yield DeepgramProvider(read_settings(SttSettings), context.limits)


PLUGIN = ProviderPlugin(_open, options=DeepgramOptions, check=check, facts=FACTS)
"""Entry point `deepgram`."""
