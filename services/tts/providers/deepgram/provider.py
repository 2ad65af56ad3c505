"""The entry point `deepgram` of text-to-speech.

Each call keeps one WebSocket open, as Deepgram recommends. A socket has one stream of audio without labels,
so a second reply at the same time, such as a phrase for the cache, gets a socket of its own until it ends.
The SDK is not used: it hides why a handshake was refused.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import TtsConfig
from parley.errors import ProviderTimeout
from parley.providers.connect_limit import connect_limit
from parley.providers.deepgram_address import deepgram_address
from parley.providers.latency_limits import LatencyLimit, LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.tts import TtsConnection
from parley.settings import read_settings
from services.tts.providers.deepgram import wire
from services.tts.providers.deepgram.connection import DeepgramConnection
from services.tts.providers.deepgram.errors import map_refusal
from services.tts.providers.deepgram.facts import FACTS
from services.tts.providers.deepgram.models import PROVIDER, DeepgramTtsOptions, check
from services.tts.providers.deepgram.stream import DeepgramStream
from services.tts.providers.required_key import required_key
from services.tts.providers.sockets.provider_socket import open_socket
from services.tts.providers.sockets.warm_connection import WarmConnection
from services.tts.settings import DeepgramTtsSettings

_RESERVE_FLUSHES = 8
_RESERVE_CHARACTERS = 800
"""A connection that could not send a usual reply is replaced between two replies, when none waits for it."""


class DeepgramTransport:
    """A TtsConnection; `maintain` must be running while it is used."""

    def __init__(
        self,
        settings: DeepgramTtsSettings,
        key: str,
        limits: LatencyLimits,
        config: TtsConfig,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._settings = settings
        self._key = key
        self._limits = limits
        self._config = config
        self._tasks = tasks
        self._warm = WarmConnection(PROVIDER, self._connect, self._connect_limit)
        self._further: dict[DeepgramConnection, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[DeepgramStream]:  # noqa: ARG002 - a socket has no labels
        """Begin a reply.

        Raises:
            ProviderError: no connection opens in time.
        """
        stall_timeout_s = self._settings.tts_first_audio_timeout_s
        stream = DeepgramStream(self._take, self._give_back, stall_timeout_s)
        await stream.begin()
        try:
            yield stream
        except ProviderTimeout as error:
            # A connection that timed out once is replaced.
            stream.abandon(error)
            raise
        finally:
            await stream.discard()

    async def maintain(self) -> None:
        """Keep a connection open; runs until cancelled."""
        await self._warm.maintain()

    def close(self) -> None:
        """Close the further connections."""
        for running in self._further.values():
            running.cancel()

    async def _take(self) -> DeepgramConnection:
        connection = await self._warm.get()
        if not connection.busy and connection.allows(0):
            return connection
        further = await self._connect()
        self._further[further] = self._tasks.create_task(
            self._run(further), name="further Deepgram WebSocket"
        )
        return further

    def _give_back(self, connection: DeepgramConnection) -> None:
        """End the use of a connection: a further one is closed, one near its limits is replaced."""
        running = self._further.pop(connection, None)
        if running is not None:
            running.cancel()
        elif not connection.allows(_RESERVE_CHARACTERS, _RESERVE_FLUSHES):
            connection.retire("replaced: its limit of flushes or characters is near")

    async def _run(self, connection: DeepgramConnection) -> None:
        try:
            await connection.run()
        finally:
            await connection.close()

    async def _connect(self) -> DeepgramConnection:
        url = wire.socket_url(_address(self._settings), self._config)
        headers = {"Authorization": f"Token {self._key}"}
        return DeepgramConnection(
            await open_socket(PROVIDER, url, headers, self._connect_limit(), map_refusal)
        )

    def _connect_limit(self) -> LatencyLimit:
        url = _address(self._settings) or wire.PROVIDER_URL
        return connect_limit(self._limits, PROVIDER, url, self._settings.tts_connect_timeout_s)


def _address(settings: DeepgramTtsSettings) -> str:
    return deepgram_address(settings.deepgram_url, settings.deepgram_region)


class DeepgramTtsProvider:
    """Deepgram for all calls of a process."""

    def __init__(self, settings: DeepgramTtsSettings, key: str, limits: LatencyLimits) -> None:
        self._settings = settings
        self._key = key
        self._limits = limits

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[TtsConnection]:  # noqa: ARG002 - as above
        """Prepare for one call; a WebSocket opens in the background."""
        async with asyncio.TaskGroup() as tasks:
            transport = DeepgramTransport(self._settings, self._key, self._limits, config, tasks)
            maintaining = tasks.create_task(transport.maintain(), name="maintain the Deepgram WebSocket")
            try:
                yield transport
            finally:
                maintaining.cancel()
                transport.close()


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[DeepgramTtsProvider]:
    settings = read_settings(DeepgramTtsSettings)
    key = required_key(settings.deepgram_api_key, "DEEPGRAM_API_KEY", "https://console.deepgram.com")
    yield DeepgramTtsProvider(settings, key, context.limits)


PLUGIN = ProviderPlugin(_open, options=DeepgramTtsOptions, check=check, facts=FACTS)
"""Entry point `deepgram`."""
