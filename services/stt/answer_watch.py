"""Decides whether a provider has stopped answering, from the audio it gets and what it sends. No I/O.

A provider that is merely silent, because the audio has no words, must not look like one that hangs: silence
is certain proof only if the provider owes a final transcript, or reports on audio without words too.
"""

import math
from dataclasses import dataclass

from parley.providers.latency_limits import LatencyLimit
from parley.providers.stt import FinalTranscript, InterimTranscript, ProviderTurn, SttEvent
from services.stt.stt_route import AnswerLimits

_MIN_SPEECH_S, _MIN_REPORTED_SPEECH_S = 0.3, 0.1
"""Shorter speech without an answer may be a click; a provider that reports silence would report it."""
_MAX_FRAME_S = 0.1
_MAX_STEP_S = 0.3
"""A step that is longer is this process's own delay, in which the provider may have answered."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An answer that did not arrive in time."""

    reason: str
    certain: bool
    """Whether a working provider would have answered, with words or without."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transcript reaches."""

    has_text: bool
    end_ms: int
    is_final: bool


def progress_of(event: SttEvent) -> Progress | None:
    """The progress of a transcript; None for other events."""
    match event:
        case InterimTranscript(text=text, end_ms=end_ms):
            return Progress(bool(text.strip()), end_ms, is_final=False)
        case FinalTranscript(text=text, end_ms=end_ms):
            return Progress(bool(text.strip()), end_ms, is_final=True)
        case ProviderTurn(text=text, end_ms=end_ms, event=kind):
            return Progress(bool(text.strip()), end_ms, is_final=kind == "end")
        case _:
            return None


class AnswerWatch:
    """The answers that one connection owes. Times are of any one clock, in seconds."""

    def __init__(
        self,
        limits: AnswerLimits,
        *,
        reports_silence: bool = False,
        answers_finalize: bool = False,
        speaking: bool = False,
        unanswered: bool = False,
    ) -> None:
        """Create the watch of a connection that is not open yet.

        Args:
            limits: the time limits.
            reports_silence: whether the provider sends events for audio without words too.
            answers_finalize: whether it answers each request for a final transcript.
            speaking: whether the caller is speaking.
            unanswered: whether the audio that the connection gets first has speech without a transcript.
        """
        self._limits = limits
        self.reports_silence = reports_silence
        self._answers_finalize = answers_finalize
        self._speaking = speaking
        self._speech_s = math.inf if unanswered else 0.0
        """Speech since the last event."""
        self._ready_s = math.inf
        """Time from which answers can be expected."""
        self._since_s: float | None = None
        """Time of the first speech without an answer, or of the last event while words are pending."""
        self._ended_s: float | None = None
        """Time of the end of the speech, or of the last event after it."""
        self._finalize_s: float | None = None
        self._words_pending = False
        self._fed_s, self._step_s = 0.0, math.inf
        self.words_end_ms = self.transcribed_ms = 0
        """Call time of the end of the words, and of the audio with any transcript."""

    @property
    def awaits(self) -> bool:
        """Whether there is speech without a final transcript."""
        return self._words_pending or self._speech_s > 0 or self._finalize_s is not None

    @property
    def must_answer(self) -> bool:
        """Whether a transcript without words is an answer too."""
        return self.reports_silence or (self._answers_finalize and self._finalize_s is not None)

    def opened(self, now_s: float, grace_s: float) -> None:
        """The connection has opened; `grace_s` later it should have caught up with the audio."""
        self._ready_s = now_s + grace_s
        self._step_s = now_s
        if self._speech_s:
            self._since_s = now_s
            self._ended_s = None if self._speaking else now_s

    def audio(self, now_s: float, *, speaking: bool) -> None:
        """Audio was sent; `speaking` is true while the caller speaks."""
        if speaking:
            self._speech_s += min(now_s - self._fed_s, _MAX_FRAME_S) if self._speaking else 0.0
            self._ended_s = None
            if self._since_s is None:
                self._since_s = now_s
        elif self._speaking:
            self._ended_s = now_s
            if self._words_pending and self._since_s is None:
                self._since_s = now_s
        self._speaking, self._fed_s = speaking, now_s

    def finalize_sent(self, now_s: float) -> None:
        """A final transcript was requested."""
        self._finalize_s = now_s

    def event(self, now_s: float, event: SttEvent) -> float | None:
        """The provider sent an event; returns the latency of a response to speech."""
        progress = progress_of(event)
        has_words = self._words_pending or (progress is not None and progress.has_text)
        latency_s = self._observe(now_s, has_words=has_words)
        if progress is not None:
            self._words_pending = progress.has_text and not progress.is_final
            self.transcribed_ms = max(self.transcribed_ms, progress.end_ms)
            if progress.has_text:
                self.words_end_ms = max(self.words_end_ms, progress.end_ms)
        if self._finalize_s is not None:
            is_final = progress is not None and progress.is_final
            if is_final:
                self._limits.finalize.observe(now_s - self._finalize_s)
            self._finalize_s = None if is_final else now_s
        self._speech_s = 0.0
        awaits_final = self._words_pending and not self._speaking
        self._since_s = self._ended_s = now_s if awaits_final else None
        return latency_s

    def settle(self) -> None:
        """The speech without an answer was noise."""
        self._speech_s = 0.0
        self._since_s = self._ended_s = None

    def tick(self, now_s: float) -> None:
        """Called regularly: does not count time in which the provider gets nothing, or this process lags."""
        elapsed_s, self._step_s = max(0.0, now_s - self._step_s), now_s
        counts = self._finalize_s is not None or now_s - self._fed_s <= _MAX_STEP_S
        not_counted_s = max(0.0, elapsed_s - _MAX_STEP_S) if counts else elapsed_s
        if not_counted_s:
            self._since_s = _later(self._since_s, not_counted_s)
            self._ended_s = _later(self._ended_s, not_counted_s)
            self._finalize_s = _later(self._finalize_s, not_counted_s)

    def overdue(self, now_s: float, patience: float = 1.0) -> Overdue | None:
        """The answer that is overdue; `patience` multiplies limits on answers to possible noise."""
        limits = self._limits
        if (self._answers_finalize or self._words_pending) and self._exceeds(
            self._finalize_s, now_s, limits.finalize
        ):
            return self._late("no answer to a finalize request", self._finalize_s, now_s)
        certain = self._words_pending or self.reports_silence
        if not self._owes_answer(_MIN_REPORTED_SPEECH_S if self.reports_silence else _MIN_SPEECH_S):
            return None
        if self._owes_answer(_MIN_SPEECH_S) and self._exceeds(
            self._ended_s, now_s, limits.final, 1.0 if certain else patience
        ):
            reason = "no final transcript" if self._words_pending else "no response to speech"
            return self._late(reason, self._ended_s, now_s, certain=certain)
        if self._exceeds(self._since_s, now_s, limits.response, 1.0 if self.reports_silence else patience):
            return self._late("no response to speech", self._since_s, now_s, certain=self.reports_silence)
        return None

    def _owes_answer(self, min_speech_s: float) -> bool:
        return self._words_pending or self._speech_s >= min_speech_s

    def _observe(self, now_s: float, *, has_words: bool) -> float | None:
        if now_s < self._ready_s or self._since_s is None:
            return None
        if self._ended_s is not None:
            # A provider may report noise whenever it likes.
            if has_words:
                self._limits.final.observe(now_s - max(self._ended_s, self._ready_s))
            return None
        latency_s = now_s - max(self._since_s, self._ready_s)
        self._limits.response.observe(latency_s)
        return latency_s

    def _exceeds(self, since_s: float | None, now_s: float, limit: LatencyLimit, scale: float = 1.0) -> bool:
        return since_s is not None and now_s - max(since_s, self._ready_s) > limit.limit_s() * scale

    def _late(self, reason: str, since_s: float | None, now_s: float, *, certain: bool = True) -> Overdue:
        waited_s = now_s - max(since_s or 0.0, self._ready_s)
        return Overdue(f"{reason} for {waited_s:.1f} s", certain)


def _later(time_s: float | None, by_s: float) -> float | None:
    return None if time_s is None else time_s + by_s
