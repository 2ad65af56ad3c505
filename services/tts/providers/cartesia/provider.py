"""The entry point `cartesia`.

Each call has its own WebSocket, opened when the call begins: no reply waits for a handshake; an error event,
a lost connection or a slow reader of one call touches no other; and the audio of one call is not queued
behind that of another. An account may open ten times as many sockets as contexts, so contexts run out first.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderTimeout
from parley.language_codes import common_code
from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimit, LatencyLimits
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.tts import TtsConnection
from parley.settings import read_settings
from services.tts.providers.cartesia import wire
from services.tts.providers.cartesia.connection import CartesiaConnection
from services.tts.providers.cartesia.errors import map_body
from services.tts.providers.cartesia.facts import FACTS
from services.tts.providers.cartesia.models import PROVIDER, CartesiaOptions, check, text_support
from services.tts.providers.cartesia.stream import CartesiaStream
from services.tts.providers.cartesia.voices import VoiceDirectory
from services.tts.providers.required_key import required_key
from services.tts.providers.sockets.provider_socket import open_socket
from services.tts.providers.sockets.warm_connection import WarmConnection
from services.tts.settings import CartesiaSettings


class CartesiaTransport:
    """A TtsConnection; `maintain` must be running while it is used."""

    def __init__(
        self,
        settings: CartesiaSettings,
        key: str,
        voices: VoiceDirectory,
        limits: LatencyLimits,
        config: TtsConfig,
    ) -> None:
        self._settings = settings
        self._key = key
        self._voices = voices
        self._limits = limits
        self._config = config
        self._connection = WarmConnection(PROVIDER, self._connect, self._connect_limit)

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[CartesiaStream]:
        """Begin a reply.

        Raises:
            ProviderError: no connection opens in time.
        """
        connection = await self._connection.get()
        try:
            async with connection.open_stream(reply_id) as stream:
                yield stream
        except ProviderTimeout as error:
            # A connection that timed out once is replaced.
            connection.fail(error)
            raise

    async def maintain(self) -> None:
        """Keep a connection open; runs until cancelled."""
        await self._connection.maintain()

    async def _connect(self) -> CartesiaConnection:
        config, settings = self._config, self._settings
        language = common_code(config.language or "")
        voice = config.voice or await self._voices.voice_for(language)
        socket = await open_socket(
            PROVIDER,
            wire.socket_url(settings.cartesia_url),
            wire.headers(self._key),
            self._connect_limit(),
            _read_refusal,
        )
        return CartesiaConnection(socket, config, voice)

    def _connect_limit(self) -> LatencyLimit:
        url = wire.http_base_url(self._settings.cartesia_url)
        return connect_limit(self._limits, PROVIDER, url, self._settings.tts_connect_timeout_s)


def _read_refusal(status: int, _headers: object, body: bytes) -> ProviderError:
    return map_body(status, body)


class CartesiaProvider:
    """Cartesia for all calls of a process."""

    def __init__(
        self, settings: CartesiaSettings, key: str, voices: VoiceDirectory, limits: LatencyLimits
    ) -> None:
        self._settings = settings
        self._key = key
        self._voices = voices
        self._limits = limits

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[TtsConnection]:  # noqa: ARG002 - contexts need no call id: each call has a socket
        """Prepare for one call; a WebSocket opens in the background."""
        transport = CartesiaTransport(self._settings, self._key, self._voices, self._limits, config)
        async with asyncio.TaskGroup() as tasks:
            maintaining = tasks.create_task(transport.maintain(), name="maintain the Cartesia WebSocket")
            try:
                yield transport
            finally:
                maintaining.cancel()


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[CartesiaProvider]:
    settings = read_settings(CartesiaSettings)
    key = required_key(settings.cartesia_api_key, "CARTESIA_API_KEY", "https://play.cartesia.ai/keys")
    async with httpx.AsyncClient(follow_redirects=False) as client:
        voices = VoiceDirectory(client, wire.http_base_url(settings.cartesia_url), key)
        yield CartesiaProvider(settings, key, voices, context.limits)


PLUGIN = ProviderPlugin(_open, options=CartesiaOptions, check=check, text_support=text_support, facts=FACTS)
"""Entry point `cartesia`."""
