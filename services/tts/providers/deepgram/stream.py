"""One reply over Deepgram's WebSockets.

Aura sends neither times nor the number of a clause with its audio, so a clause is sent when the one before it
has ended: its flush is confirmed, and it has enough audio. The audio of a clause is generated several times
faster than it is played, so the caller notices nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.alignment import alnum_count
from services.tts.plausibility import can_contain
from services.tts.providers.deepgram.connection import DeepgramConnection
from services.tts.providers.deepgram.models import PROVIDER
from services.tts.providers.sockets.chunk_queue import ChunkQueue

_QUIET_S = 0.25
"""Pause in the audio after which a clause has ended whose flush was confirmed before its audio."""

_FIRST_AUDIO_FACTOR = 3.0
"""Longest time to the first audio of a clause, as a multiple of the time within its audio."""

Take = Callable[[], Awaitable[DeepgramConnection]]
"""Returns a connection that no reply uses; raises ProviderError."""


class DeepgramStream:
    """One reply; implements SynthesisStream. A long one may continue on another connection."""

    def __init__(
        self, take: Take, give_back: Callable[[DeepgramConnection], None], stall_timeout_s: float
    ) -> None:
        self._take = take
        self._stall_timeout_s = stall_timeout_s
        self._give_back = give_back
        self._queue = ChunkQueue(PROVIDER)
        self._connection: DeepgramConnection | None = None
        self._loop = asyncio.get_running_loop()
        self._letters = 0
        self._audio = bytearray()
        self._flushed = False
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def warm(self) -> bool:
        """Whether the connection has sent audio; its first audio takes longer."""
        return self._connection is not None and self._connection.received_audio

    async def begin(self) -> None:
        """Take a connection."""
        self._connection = await self._take()
        self._connection.attach(self)

    async def send_text(self, text: str) -> None:
        """Synthesize a clause after the one before it."""
        await self._idle.wait()
        connection = await self._usable_connection(len(text))
        self._letters, self._flushed = alnum_count(text), False
        self._audio.clear()
        self._idle.clear()
        # The stage limits the time to the first audio, with a limit that follows measured latencies.
        self._wait_for(self._stall_timeout_s * _FIRST_AUDIO_FACTOR, self._on_stall)
        await connection.speak(text)

    async def end_input(self) -> None:
        """Signal the end of the text: the reply ends with its last clause."""
        await self._idle.wait()
        self._queue.end()

    def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order, clause by clause."""
        return self._queue.chunks()

    def on_audio(self, audio: bytes) -> None:
        """Handle audio of the current clause."""
        if not audio:
            return
        self._audio += audio
        self._queue.put(AudioChunk(audio))
        if self._flushed:
            self._wait_for(_QUIET_S, self._end_clause)
        elif not self._idle.is_set():
            self._wait_for(self._stall_timeout_s, self._on_stall)

    def on_flushed(self) -> None:
        """Handle the confirmation of the current clause's flush; one of an earlier clause is ignored."""
        if self._idle.is_set():
            return
        self._flushed = True
        if can_contain(self._letters, self._audio):
            self._end_clause()
        else:
            self._wait_for(_QUIET_S if self._audio else self._stall_timeout_s, self._end_clause)

    def fail(self, error: ProviderError) -> None:
        """End the audio with an error."""
        self._stop_waiting()
        self._queue.fail(error)
        self._idle.set()

    async def discard(self) -> None:
        """Release the connection; the provider stops generating what has not arrived."""
        self._stop_waiting()
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        with suppress(ProviderError):
            # A connection that is lost has nothing to stop.
            await connection.release(unfinished=not self._idle.is_set())
        self._give_back(connection)

    def abandon(self, error: ProviderError) -> None:
        """End the connection of a reply that timed out, so that it is replaced."""
        if self._connection is not None:
            self._connection.fail(error)

    async def _usable_connection(self, characters: int) -> DeepgramConnection:
        """The reply's connection, or another one if it has reached the provider's limits."""
        if self._connection is None:
            raise ProviderUnavailable(PROVIDER, "the reply has ended")
        if self._connection.closed or self._connection.allows(characters):
            return self._connection
        connection, self._connection = self._connection, await self._take()
        self._connection.attach(self)
        await connection.release(unfinished=False)
        self._give_back(connection)
        return self._connection

    def _wait_for(self, timeout_s: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = self._loop.call_later(timeout_s, then)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_stall(self) -> None:
        # Without times, the stage cannot know that more audio of this clause must follow.
        self.fail(ProviderTimeout(PROVIDER, f"no audio for {self._stall_timeout_s:g} s within a clause"))

    def _end_clause(self) -> None:
        self._stop_waiting()
        self._queue.put(AudioChunk(b"", ends_clause=True))
        self._idle.set()
