"""One reply on a WebSocket to ElevenLabs.

The context is closed late. ElevenLabs may drop text whose synthesis has not begun when `close_context`
arrives, without an error. The end of the reply does not wait for this: a reply has ended when all characters
have timings and audio. Without timings, a pause in the frames shows the end.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Protocol

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.alignment import alnum_count
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_errors import PROVIDER
from services.tts.providers.elevenlabs_parameters import RequestParameters
from services.tts.reply_audio import ReplyAudio

_MAX_QUEUED_CHUNKS = 4096
_QUIET_S = 0.25
"""Pause in the frames after which a text without timings is complete, if its audio is long enough."""
_FINAL_FRAME_TIMEOUT_S = 0.5


class ContextConnection(Protocol):
    """The WebSocket that a context is a part of."""

    received_audio: bool
    """Whether any context has received audio."""
    sends_alignment: bool
    """Whether the last context with audio had character timings."""

    @property
    def closed(self) -> bool:
        """Whether the connection can no longer be used."""

    async def send(self, message: str) -> None:
        """Send a message; raises ProviderError when the connection has ended."""


class Context:
    """One reply on the connection; implements SynthesisStream."""

    def __init__(self, connection: ContextConnection, context_id: str, parameters: RequestParameters) -> None:
        self._connection = connection
        self._context_id = context_id
        self._parameters = parameters
        self._queue: asyncio.Queue[AudioChunk | ProviderError | None] = asyncio.Queue(_MAX_QUEUED_CHUNKS)
        self._audio = ReplyAudio(context_id)
        self._audio.start_attempt()
        self._audio_since_text = True
        self._frame_arrived = asyncio.Event()
        self.closing = False
        """Whether the end of the context was requested, or the provider has ended it."""

    @property
    def warm(self) -> bool:
        """Whether the connection has sent audio; its first audio takes longer."""
        return self._connection.received_audio

    async def begin(self) -> None:
        """Open the context at the provider before sending its first text."""
        await self._connection.send(wire.init_context(self._context_id, self._parameters))

    async def send_text(self, text: str) -> None:
        """Synthesize a clause now; without timings, only after the end of the one before it.

        Several clauses in one stream of audio could not be distinguished, and the loss of one not noticed.
        """
        if self._audio.awaiting_alignment and not self._timings_expected:
            await self._wait_for_clause_end()
        if alnum_count(text):
            self._audio_since_text = False
        self._audio.text_sent(text)
        await self._connection.send(wire.send_text(self._context_id, text))

    async def end_input(self) -> None:
        """Signal the end of the text."""
        self._audio.input_ended = True
        self._put(AudioChunk(b""))

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order; ends when all text has audio, or with the provider's final frame."""
        while True:
            if self._audio.fully_aligned and not self._audio.unspoken_letters:
                await self._close()
            try:
                async with asyncio.timeout(self._patience_s()):
                    item = await self._queue.get()
            except TimeoutError:
                if self.closing:
                    # The final frame is missing; the caller checks that no audio is.
                    return
                await self._close()
                continue
            if item is None:
                return
            if isinstance(item, ProviderError):
                if self._audio.fully_aligned:
                    return
                raise item
            if item.audio or item.char_timings or item.ends_clause:
                yield item

    def on_frame(self, frame: wire.AudioFrame) -> None:
        """Handle a frame of this context."""
        if frame.chunk.audio or frame.chunk.char_timings:
            self._audio.audio_received(frame.chunk)
            self._audio.take_completed()
            if frame.chunk.audio:
                self._audio_since_text = True
                self._connection.sends_alignment = self._audio.has_alignment
            self._put(frame.chunk)
            self._frame_arrived.set()
        if frame.final:
            early = ProviderUnavailable(PROVIDER, "the context ended before its input")
            self._put(None if self._audio.input_ended else early)
            self.closing = True

    def fail(self, error: ProviderError) -> None:
        """End the audio with an error."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(error)
        self._frame_arrived.set()

    @property
    def _timings_expected(self) -> bool:
        return self._audio.has_alignment or (not self._audio.has_audio and self._connection.sends_alignment)

    @property
    def _has_all_audio(self) -> bool:
        return self._audio_since_text and not self._audio.unspoken_letters

    def _patience_s(self) -> float | None:
        """How long to wait for the next frame; None if the caller limits the time."""
        if self.closing:
            return _FINAL_FRAME_TIMEOUT_S
        return _QUIET_S if self._audio.input_ended and self._has_all_audio else None

    async def _wait_for_clause_end(self) -> None:
        """Wait until the sent text has enough audio and no frames follow; the caller limits the time."""
        while True:
            self._frame_arrived.clear()
            try:
                async with asyncio.timeout(_QUIET_S if self._has_all_audio else None):
                    await self._frame_arrived.wait()
            except TimeoutError:
                break
            if self._connection.closed or self._audio.has_alignment:
                return
        if self._audio.awaiting_alignment:
            end = AudioChunk(b"", ends_clause=True)
            self._audio.audio_received(end)
            self._audio.take_completed()
            self._put(end)

    async def _close(self) -> None:
        """End the context at the provider, which confirms it with a final frame."""
        if self.closing:
            return
        self.closing = True
        with suppress(ProviderError):
            # All audio has arrived: a connection that is lost now does not matter to this reply.
            await self._connection.send(wire.close_context(self._context_id))

    def _put(self, item: AudioChunk | ProviderError | None) -> None:
        if self._queue.full():
            self.fail(ProviderUnavailable(PROVIDER, f"{_MAX_QUEUED_CHUNKS} chunks are queued"))
            return
        self._queue.put_nowait(item)
