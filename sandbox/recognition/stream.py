"""Segments one socket's audio and transcribes it with a provider's timing; all transcribing emulators use it.

A segment becomes final `stt_final_ms` after its last speech frame arrived (wall clock), but not before the
requested amount of silence has arrived as audio, and not before it has been recognised. Recognition starts at
the first pause, so its result is usually ready when the final is due.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from parley.audio.g711 import FRAME_BYTES
from sandbox.emulator import Journal
from sandbox.recognition.recogniser import Recogniser, Word
from sandbox.recognition.settings import RecognitionSettings
from sandbox.recognition.speech_segmenter import SpeechSegment, SpeechSegmenter

_PAUSE_MS = 40
"""Silence after which recognition starts, so that its result is ready when the final is due."""
_MAX_SEGMENT_MS = 15_000
"""Speech without a pause is recognised in pieces of this length, which bounds memory and recognition time."""
_POLL_INTERVAL_S = 0.01


@dataclass(frozen=True, slots=True)
class StreamContext:
    """The dependencies of one stream."""

    recogniser: Recogniser
    settings: Callable[[], RecognitionSettings]
    """The current settings, which may change while the stream runs."""
    journal: Journal
    tag: str
    """Identifies the call in the journal."""
    tasks: asyncio.TaskGroup


@dataclass(frozen=True, slots=True)
class Transcript:
    """Recognised words with their times in the stream."""

    words: tuple[Word, ...]
    audio_end_ms: float
    """Length of the stream when the transcript was made."""

    @property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks of a session for the events of its stream; each is awaited."""

    speech_started: Callable[[float], Awaitable[None]]
    interim: Callable[[Transcript], Awaitable[None]]
    eager: Callable[[Transcript], Awaitable[None]]
    """The segment is fully recognised, but the silence is still too short for a final."""
    resumed: Callable[[], Awaitable[None]]
    """Speech continued after `eager`."""
    partial_final: Callable[[Transcript], Awaitable[None]]
    """Final words of a segment that was split because it is long; speech continues."""
    final: Callable[[Transcript, bool], Awaitable[None]]
    """The segment ended; True if the client forced its end."""


class TranscriptionStream:
    """Feeds the audio of one socket to a recogniser and reports transcripts."""

    def __init__(self, context: StreamContext, callbacks: Callbacks, min_silence_ms: float) -> None:
        self.segmenter = SpeechSegmenter()
        self.min_silence_ms = min_silence_ms
        """Silence in the audio that must pass before a segment ends."""
        self._context = context
        self._callbacks = callbacks
        self._partial_final_task: asyncio.Task[None] | None = None
        self._end_task: asyncio.Task[None] | None = None
        self._interim_task: asyncio.Task[None] | None = None
        self._interim_audio_ms = 0.0
        """Length of the stream at the last interim transcript."""
        self._speech_end_s = 0.0
        """Monotonic arrival of the last speech frame."""
        self._speech_end_at_us = 0
        self._eager_sent = False

    async def push(self, audio: bytes) -> None:
        """Append audio in chunks of any size."""
        for at in range(0, len(audio), FRAME_BYTES):
            await self._push_frame(audio[at : at + FRAME_BYTES])

    async def _push_frame(self, audio: bytes) -> None:
        before = self.segmenter.segment
        has_speech = self.segmenter.push(audio)
        segment = self.segmenter.segment
        if segment is None:
            return
        if segment is not before:
            self._interim_audio_ms = self.segmenter.audio_ms
            await self._callbacks.speech_started(segment.speech_start_ms)
        if has_speech:
            self._speech_end_s, self._speech_end_at_us = time.monotonic(), time.time_ns() // 1000
            await self._continue_speech()
            if self.segmenter.audio_ms - segment.start_ms >= _MAX_SEGMENT_MS:
                await self._split()
            else:
                self._maybe_start_interim(segment)
        elif self._end_task is None and self.segmenter.silence_ms >= _PAUSE_MS:
            self._end_task = self._context.tasks.create_task(self._end(segment))

    async def finalize(self) -> None:
        """End the current segment, if any, and report its final transcript."""
        segment = self.segmenter.segment
        if segment is None:
            return
        self._cancel_end()
        words = await self._recognise(segment)
        await self._wait_for_partial_final()
        self._eager_sent = False
        self.segmenter.take()
        await self._report_final(words, forced=True)

    async def _split(self) -> None:
        await self._wait_for_partial_final()
        segment = self.segmenter.split()
        if segment is not None:
            self._interim_audio_ms = self.segmenter.audio_ms
            self._partial_final_task = self._context.tasks.create_task(
                self._report_partial_final(segment, self.segmenter.audio_ms)
            )

    async def _report_partial_final(self, segment: SpeechSegment, audio_end_ms: float) -> None:
        await self._callbacks.partial_final(Transcript(await self._recognise(segment), audio_end_ms))

    async def _wait_for_partial_final(self) -> None:
        """Keep transcripts in order: no later one may overtake the previous piece."""
        if self._partial_final_task is not None:
            # asyncio.wait, because the waiter may be cancelled when speech continues and must not cancel
            # the piece with it.
            await asyncio.wait([self._partial_final_task])

    async def _continue_speech(self) -> None:
        self._cancel_end()
        if self._eager_sent:
            self._eager_sent = False
            await self._callbacks.resumed()

    def _cancel_end(self) -> None:
        if self._end_task is not None:
            self._end_task.cancel()
            self._end_task = None

    def _maybe_start_interim(self, segment: SpeechSegment) -> None:
        running = (self._interim_task, self._partial_final_task)
        working = any(task is not None and not task.done() for task in running)
        elapsed_ms = self.segmenter.audio_ms - self._interim_audio_ms
        due = elapsed_ms >= self._context.settings().stt_interim_ms
        if due and not working and not self._context.recogniser.busy:
            self._interim_audio_ms = self.segmenter.audio_ms
            self._interim_task = self._context.tasks.create_task(self._report_interim(segment))

    async def _report_interim(self, segment: SpeechSegment) -> None:
        words = await self._recognise(segment)
        if words and self.segmenter.segment is segment:
            await self._callbacks.interim(Transcript(words, self.segmenter.audio_ms))

    async def _end(self, segment: SpeechSegment) -> None:
        """Recognise the segment, then report it when it is due and enough silence has arrived."""
        speech_end_s, settings = self._speech_end_s, self._context.settings()
        final_ms, eager_ms = settings.stt_final_ms, settings.stt_eager_ms
        words = await self._recognise(segment)
        await self._wait_for_partial_final()
        await _sleep_until(speech_end_s + min(eager_ms, final_ms / 2) / 1000)
        if words:
            self._eager_sent = True
            await self._callbacks.eager(Transcript(words, self.segmenter.audio_ms))
        await _sleep_until(speech_end_s + max(final_ms, self.min_silence_ms) / 1000)
        while self.segmenter.silence_ms < self.min_silence_ms:  # noqa: ASYNC110 - waits for audio, not time
            await asyncio.sleep(_POLL_INTERVAL_S)
        self._eager_sent = False
        self._end_task = None
        self.segmenter.take()
        await self._report_final(words, forced=False)

    async def _report_final(self, words: tuple[Word, ...], *, forced: bool) -> None:
        transcript = Transcript(words, self.segmenter.audio_ms)
        self._context.journal.note(
            "stt_final",
            call_sid=self._context.tag,
            speech_end_at_us=self._speech_end_at_us,
            text=transcript.text,
            forced=forced,
        )
        await self._callbacks.final(transcript, forced)

    async def _recognise(self, segment: SpeechSegment) -> tuple[Word, ...]:
        words = await self._context.recogniser.recognise(bytes(segment.audio))
        return tuple(
            replace(w, start_ms=w.start_ms + segment.start_ms, end_ms=w.end_ms + segment.start_ms)
            for w in words
        )


async def _sleep_until(deadline_s: float) -> None:
    await asyncio.sleep(max(0.0, deadline_s - time.monotonic()))
