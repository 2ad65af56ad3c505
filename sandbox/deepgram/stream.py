"""One socket's sound: where speech begins and ends in it, recognised in time. Both wires are built on it.

A stretch is final `stt_final_ms` after its last voiced sound arrived, by the clock, but not before the
silence that the socket asked for has arrived as sound, nor before it is recognised. Recognition starts as
soon as the voice pauses, so that it is mostly done by then.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parley.mulaw import FRAME_BYTES
from sandbox.deepgram.recogniser import Recogniser, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.speech_finder import Speech, SpeechFinder
from sandbox.emulator import Journal, RuntimeSettings

_PAUSE_MS = 40
"""After so much silence the stretch is recognised, so that the answer is there when it is due."""
_LONGEST_MS = 15_000
"""A stretch without a pause is recognised in pieces: memory and the recogniser's work stay bounded."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Words in the stream's time."""

    words: tuple[Word, ...]
    heard_ms: float
    """Length of the stream when it was sent."""

    @property
    def transcript(self) -> str:
        """The words as text."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Ears:
    """What a wire wants to be told; each is awaited."""

    speech_started: Callable[[float], Awaitable[None]]
    guess: Callable[[Recognised], Awaitable[None]]
    early: Callable[[Recognised], Awaitable[None]]
    """All words are known, and the silence is not yet long enough for the final."""
    resumed: Callable[[], Awaitable[None]]
    """The voice went on after `early`."""
    piece: Callable[[Recognised], Awaitable[None]]
    """Fixed words of a long stretch that goes on."""
    final: Callable[[Recognised, bool], Awaitable[None]]
    """The stretch is over; True when that was asked for."""


class SoundStream:
    """Feeds a recogniser from one socket."""

    def __init__(
        self,
        recogniser: Recogniser,
        ears: Ears,
        dials: RuntimeSettings[DeepgramSandboxSettings],
        journal: Journal,
        tag: str,
        patience_ms: float,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.finder = SpeechFinder()
        self._recogniser = recogniser
        self._ears = ears
        self._dials = dials
        self._journal = journal
        self._tag = tag
        self.patience_ms = patience_ms
        """Silence in the sound that must have passed before a stretch is over."""
        self._tasks = tasks
        self._cutting: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._guessing: asyncio.Task[None] | None = None
        self._guessed_ms = 0.0
        self._voice_at_s = 0.0
        self._voice_at_us = 0
        self._early = False

    async def hear(self, sound: bytes) -> None:
        """Take sound, in chunks of any size."""
        for at in range(0, len(sound), FRAME_BYTES):
            await self._hear_frame(sound[at : at + FRAME_BYTES])

    async def _hear_frame(self, sound: bytes) -> None:
        before = self.finder.speech
        voiced = self.finder.hear(sound)
        speech = self.finder.speech
        if speech is None:
            return
        if speech is not before:
            self._guessed_ms = self.finder.heard_ms
            await self._ears.speech_started(speech.voice_start_ms)
        if voiced:
            self._voice_at_s, self._voice_at_us = time.monotonic(), time.time_ns() // 1000
            await self._go_on()
            if self.finder.heard_ms - speech.start_ms >= _LONGEST_MS:
                await self._cut()
            else:
                self._maybe_guess(speech)
        elif self._ending is None and self.finder.silent_ms >= _PAUSE_MS:
            self._ending = self._tasks.create_task(self._end(speech))

    async def finalize(self) -> None:
        """Whatever is in hand is over now."""
        speech = self.finder.speech
        if speech is None:
            return
        self._cancel_ending()
        words = await self._recognise(speech)
        await self._after_cut()
        self._early = False
        self.finder.take()
        await self._tell_final(words, asked_for=True)

    async def _cut(self) -> None:
        await self._after_cut()
        speech = self.finder.cut()
        if speech is not None:
            self._guessed_ms = self.finder.heard_ms
            self._cutting = self._tasks.create_task(self._tell_piece(speech, self.finder.heard_ms))

    async def _tell_piece(self, speech: Speech, cut_at_ms: float) -> None:
        await self._ears.piece(Recognised(await self._recognise(speech), cut_at_ms))

    async def _after_cut(self) -> None:
        """Nothing overtakes the words of the piece before."""
        if self._cutting is not None:
            # Not awaited itself: who waits may be cancelled when the voice goes on, the piece may not.
            await asyncio.wait([self._cutting])

    async def _go_on(self) -> None:
        self._cancel_ending()
        if self._early:
            self._early = False
            await self._ears.resumed()

    def _cancel_ending(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _maybe_guess(self, speech: Speech) -> None:
        at_work = any(task is not None and not task.done() for task in (self._guessing, self._cutting))
        due = self.finder.heard_ms - self._guessed_ms >= self._dials.current.stt_interim_ms
        if due and not at_work and not self._recogniser.busy:
            self._guessed_ms = self.finder.heard_ms
            self._guessing = self._tasks.create_task(self._guess(speech))

    async def _guess(self, speech: Speech) -> None:
        words = await self._recognise(speech)
        if words and self.finder.speech is speech:
            await self._ears.guess(Recognised(words, self.finder.heard_ms))

    async def _end(self, speech: Speech) -> None:
        """Recognise; tell when it is due and the stream has been silent for as long as was asked for."""
        voice_at_s, dials = self._voice_at_s, self._dials.current
        final_ms, eager_ms = dials.stt_final_ms, dials.stt_eager_ms
        words = await self._recognise(speech)
        await self._after_cut()
        await _sleep_until(voice_at_s + min(eager_ms, final_ms / 2) / 1000)
        if words:
            self._early = True
            await self._ears.early(Recognised(words, self.finder.heard_ms))
        await _sleep_until(voice_at_s + max(final_ms, self.patience_ms) / 1000)
        while self.finder.silent_ms < self.patience_ms:  # noqa: ASYNC110 - sound, not time, decides
            await asyncio.sleep(0.01)
        self._early = False
        self._ending = None
        self.finder.take()
        await self._tell_final(words, asked_for=False)

    async def _tell_final(self, words: tuple[Word, ...], *, asked_for: bool) -> None:
        recognised = Recognised(words, self.finder.heard_ms)
        self._journal.note(
            "stt_final",
            call_sid=self._tag,
            speech_end_at_us=self._voice_at_us,
            text=recognised.transcript,
            asked_for=asked_for,
        )
        await self._ears.final(recognised, asked_for)

    async def _recognise(self, speech: Speech) -> tuple[Word, ...]:
        words = await self._recogniser.recognise(bytes(speech.sound))
        return tuple(
            Word(w.text, w.start_ms + speech.start_ms, w.end_ms + speech.start_ms, w.confidence)
            for w in words
        )


async def _sleep_until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
