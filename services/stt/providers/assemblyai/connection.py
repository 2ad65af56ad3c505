"""A WebSocket to AssemblyAI for one call. Mu-law at 8 kHz is sent without conversion."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from parley.agent_config import SttConfig
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderError
from parley.providers.latency_limits import LatencyLimit
from parley.providers.stt import SttEvent
from services.stt.audio_chunks import AudioChunk, AudioChunks
from services.stt.provider_clock import ProviderClock
from services.stt.provider_socket import HandshakeRefused, ProviderSocket, SocketClosed, open_socket
from services.stt.providers.assemblyai.errors import (
    SentTooFast,
    closed_error,
    handshake_error,
    message_error,
)
from services.stt.providers.assemblyai.options import PROVIDER, options_of
from services.stt.providers.assemblyai.pace import Pace, SessionPace
from services.stt.providers.assemblyai.wire import MessageReader

log = structlog.get_logger()

_MIN_CHUNK_MS, _MAX_CHUNK_MS = 50, 1000
"""Durations of audio that a message may have; others end the session (3007)."""
_FORMAT_TIMEOUT_S = 1.0
"""A turn ends unformatted if its formatted text does not follow within this time."""
_API_VERSION = "2025-05-12"


class AssemblyAiConnection:
    """An open session; implements SttConnection."""

    def __init__(self, socket: ProviderSocket, config: SttConfig, pace: Pace) -> None:
        self._socket = socket
        self._clock = ProviderClock()
        self._chunks = AudioChunks(_MIN_CHUNK_MS, min_ms=_MIN_CHUNK_MS, max_ms=_MAX_CHUNK_MS)
        self._pace = SessionPace(pace, _now_s())
        self._reader = MessageReader(
            self._clock, uuid.uuid4().hex[:8], waits_for_format=options_of(config).format_turns
        )

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send audio that begins at call time `at_ms`, in messages of 50 ms or more.

        Buffered audio is sent little faster than real time, because AssemblyAI ends a session otherwise.
        """
        for chunk in self._chunks.add(audio, at_ms):
            await self._send_chunk(chunk)

    async def finalize(self) -> None:
        """Request the end of the turn."""
        await self._flush()
        await self._send({"type": "ForceEndpoint"})

    async def keep_alive(self) -> None:
        """Keep the session open while no audio arrives."""
        await self._flush()
        await self._send({"type": "KeepAlive"})

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver events until the connection is lost, then raise ProviderError."""
        while True:
            for event in await self._next_events():
                await on_event(event)

    async def terminate(self) -> None:
        """Request the end of the session: until then, or its time limit, AssemblyAI bills it."""
        with suppress(ProviderError):
            await self._send({"type": "Terminate"})

    async def _next_events(self) -> list[SttEvent]:
        try:
            async with asyncio.timeout(_FORMAT_TIMEOUT_S if self._reader.awaits_format else None):
                message = await self._socket.receive()
        except TimeoutError:
            return self._reader.release()
        except SocketClosed as closed:
            raise self._noted(closed_error(closed)) from None
        try:
            return self._reader.read(message)
        except ProviderError as error:
            raise self._noted(error) from None

    async def _flush(self) -> None:
        for chunk in self._chunks.flush():
            await self._send_chunk(chunk)

    async def _send_chunk(self, chunk: AudioChunk) -> None:
        data = chunk.audio + chunk.padding
        duration_ms = bytes_to_ms(len(data))
        if delay_s := self._pace.delay_s(_now_s(), duration_ms):
            await asyncio.sleep(delay_s)
        self._clock.audio_sent(len(chunk.audio), chunk.at_ms)
        self._clock.padding_sent(len(chunk.padding))
        self._pace.sent(duration_ms)
        await self._send(data)

    async def _send(self, message: bytes | Mapping[str, Any]) -> None:
        try:
            await self._socket.send(message)
        except SocketClosed as closed:
            raise self._noted(closed_error(closed)) from None

    def _noted(self, error: ProviderError) -> ProviderError:
        if isinstance(error, SentTooFast):
            self._pace.pace.slow_down()
        return error


@asynccontextmanager
async def open_connection(
    url: str, key: str, config: SttConfig, connected: LatencyLimit, pace: Pace
) -> AsyncIterator[AssemblyAiConnection]:
    """Open a session for one call.

    Raises:
        ProviderError: AssemblyAI rejected it, was busy, or did not answer in time.
    """
    headers = {"Authorization": key, "AssemblyAI-Version": _API_VERSION}
    try:
        async with open_socket(PROVIDER, url, headers, connected) as socket:
            await _wait_for_begin(socket, config, connected)
            connection = AssemblyAiConnection(socket, config, pace)
            try:
                yield connection
            finally:
                await connection.terminate()
    except HandshakeRefused as refused:
        raise handshake_error(refused) from None


async def _wait_for_begin(socket: ProviderSocket, config: SttConfig, connected: LatencyLimit) -> None:
    """Wait for `Begin`: a wrong key or parameter is reported in its place."""
    try:
        message = await socket.receive_first(
            lambda message: message.get("type") == "Begin", message_error, connected.limit_s()
        )
    except SocketClosed as closed:
        raise closed_error(closed) from None
    applied = message.get("configuration")
    model = applied.get("model") if isinstance(applied, Mapping) else None
    if isinstance(model, str) and model != config.model:
        # AssemblyAI ignores unknown parameters, and has several names for some models.
        log.info("stt_model_differs", provider=PROVIDER, requested=config.model, used=model[:100])


def _now_s() -> float:
    return asyncio.get_running_loop().time()
