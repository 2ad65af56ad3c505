"""A WebSocket to Scribe for one call. Mu-law at 8 kHz is sent without conversion."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from parley.agent_config import SttConfig
from parley.audio.g711 import SAMPLE_RATE_HZ, bytes_to_ms, make_silence
from parley.providers.latency_limits import LatencyLimit
from parley.providers.stt import SttEvent
from services.stt.audio_chunks import AudioChunk, AudioChunks
from services.stt.provider_clock import ProviderClock
from services.stt.provider_socket import HandshakeRefused, ProviderSocket, SocketClosed, open_socket
from services.stt.providers.elevenlabs.errors import closed_error, handshake_error, message_error
from services.stt.providers.elevenlabs.options import PROVIDER, commit_after_ms, options_of
from services.stt.providers.elevenlabs.wire import MessageReader

_CHUNK_MS = 60
_MAX_CHUNK_MS = 1000
_MIN_COMMIT_MS = 300
"""Scribe ignores a commit of less audio than this (`commit_throttled`)."""
_MAX_PARTIAL_INTERVAL_MS = 2000
"""Partial transcripts of new words may come this late."""
_PADDING_MS = 100
"""Silence sent while no audio arrives: Scribe closes a connection without audio after 10 s."""
_TIMES_TIMEOUT_S = 0.5
"""A committed text is used without the times of its words if they do not follow within this time."""


class ScribeConnection:
    """An open WebSocket; implements SttConnection."""

    def __init__(self, socket: ProviderSocket, config: SttConfig) -> None:
        options = options_of(config)
        self._socket = socket
        self._clock = ProviderClock()
        self._chunks = AudioChunks(_CHUNK_MS, max_ms=_MAX_CHUNK_MS)
        self._manual = options.commit_strategy == "manual"
        self._reader = MessageReader(
            self._clock, silence_ms=commit_after_ms(config), commits_itself=not self._manual
        )
        self._gap_ms = config.utterance_end_ms + _MAX_PARTIAL_INTERVAL_MS
        self._uncommitted_ms = 0.0
        self._commit_due = False
        """Whether a commit was requested while the one before it was not yet answered."""
        self._seen_text = ""
        self._unchanged_ms = 0.0
        """Audio that was sent since the partial transcript last changed."""

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send audio that begins at call time `at_ms`, in messages of 60 ms."""
        for chunk in self._chunks.add(audio, at_ms):
            await self._send_chunk(chunk)
        if self._has_gap():
            await self._commit(after_gap=True)

    async def finalize(self) -> None:
        """Commit the audio sent so far."""
        await self._commit(after_gap=False)

    async def keep_alive(self) -> None:
        """Send silence, which keeps the connection open while no audio arrives."""
        await self._flush()
        await self._pad(_PADDING_MS)

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver events until the connection is lost, then raise ProviderError."""
        while True:
            for event in await self._next_events():
                await on_event(event)
            if self._commit_due and not self._reader.commit_pending:
                await self._commit(after_gap=False)

    async def _next_events(self) -> list[SttEvent]:
        try:
            # Only the times of words that have been committed are waited for this briefly.
            async with asyncio.timeout(_TIMES_TIMEOUT_S if self._reader.holds_text else None):
                message = await self._socket.receive()
        except TimeoutError:
            return self._reader.release()
        except SocketClosed as closed:
            raise closed_error(closed) from None
        return self._reader.read(message)

    async def _commit(self, *, after_gap: bool) -> None:
        await self._flush()
        if not self._clock.started:
            return
        if self._reader.commit_pending:
            self._commit_due = self._commit_due or (not after_gap and self._uncommitted_ms > 0)
            return
        self._commit_due = False
        await self._pad(max(0.0, _MIN_COMMIT_MS - self._uncommitted_ms))
        self._reader.committed(after_gap=after_gap)
        self._uncommitted_ms = 0.0
        await self._send_audio(b"", commit=True)

    def _has_gap(self) -> bool:
        """Whether Scribe has found no new word for 3 s (by default), although audio arrives.

        The local detector may take noise for speech, and then requests no commit.
        """
        text = self._reader.partial_text
        # Text that has just arrived follows a silence of any length.
        unchanged = bool(text) and text == self._seen_text
        return self._manual and unchanged and self._unchanged_ms >= self._gap_ms

    async def _flush(self) -> None:
        for chunk in self._chunks.flush():
            await self._send_chunk(chunk)

    async def _send_chunk(self, chunk: AudioChunk) -> None:
        self._clock.audio_sent(len(chunk.audio), chunk.at_ms)
        duration_ms = bytes_to_ms(len(chunk.audio))
        self._uncommitted_ms += duration_ms
        changed = self._reader.partial_text != self._seen_text
        self._seen_text = self._reader.partial_text
        self._unchanged_ms = 0.0 if changed else self._unchanged_ms + duration_ms
        await self._send_audio(chunk.audio)

    async def _pad(self, duration_ms: float) -> None:
        if duration_ms:
            silence = make_silence(round(duration_ms))
            self._clock.padding_sent(len(silence))
            self._uncommitted_ms += duration_ms
            await self._send_audio(silence)

    async def _send_audio(self, audio: bytes, *, commit: bool = False) -> None:
        message: dict[str, Any] = {
            "message_type": "input_audio_chunk",
            "audio_base_64": base64.b64encode(audio).decode(),
            "commit": commit,
            "sample_rate": SAMPLE_RATE_HZ,
        }
        try:
            await self._socket.send(message)
        except SocketClosed as closed:
            raise closed_error(closed) from None


@asynccontextmanager
async def open_connection(
    url: str, key: str, config: SttConfig, connected: LatencyLimit
) -> AsyncIterator[ScribeConnection]:
    """Open a WebSocket for one call.

    Raises:
        ProviderError: ElevenLabs rejected it, was busy, or did not answer in time.
    """
    opening = open_socket(PROVIDER, url, {"xi-api-key": key}, connected)
    try:
        async with opening as socket:
            await _wait_for_session(socket, connected)
            yield ScribeConnection(socket, config)
    except HandshakeRefused as refused:
        raise handshake_error(refused) from None


async def _wait_for_session(socket: ProviderSocket, connected: LatencyLimit) -> None:
    """Wait for `session_started`: a wrong key or parameter is reported in its place."""
    try:
        await socket.receive_first(
            lambda message: message.get("message_type") == "session_started",
            message_error,
            connected.limit_s(),
        )
    except SocketClosed as closed:
        raise closed_error(closed) from None
