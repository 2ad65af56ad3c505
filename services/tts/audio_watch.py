"""Decides whether a voice's audio is overdue, and when the wait for it ends. No I/O, no clock."""

from dataclasses import dataclass

from parley.providers.latency_limits import LatencyLimit
from services.tts.audio_limits import AudioLimits
from services.tts.reply_audio import ReplyAudio

_END_OF_STREAM_TIMEOUT_S = 0.5
"""How long the provider may take to end the stream once all characters have timings and audio."""
_PAUSE_WITHIN_CLAUSE_S, _LONG_PAUSE_WITHIN_CLAUSE_S = 0.7, 1.4
"""Longest pause between two chunks of a clause, which arrive faster than they are played, once almost all
of them have been played; the second one applies while another voice is tried. A longer one is an outage."""
_MIN_BUFFERED_S = 0.3
_STEPS_PER_TIMEOUT = 12
_MAX_STEPS = 2.0
"""A step that takes longer than this many shows a delay of this process, in which audio may have arrived."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts that an attempt's limits depend on."""

    warm: bool
    """Whether the voice's connection has sent audio before."""
    buffered_s: float
    """Duration of the published audio that has not been played."""
    within_clause: bool
    """Whether a clause has begun to arrive and is not complete."""
    has_alternative: bool = False
    """Whether another voice is being tried, or can be."""


class AudioWatch:
    """The audio that one attempt's voice owes. Times are of any one clock, in seconds."""

    def __init__(self, limits: AudioLimits, audio: ReplyAudio, now_s: float, *, beside: bool) -> None:
        """Create the watch of an attempt; `beside` is true if another voice was tried before it."""
        self._limits, self._audio, self._beside = limits, audio, beside
        self._activity_s = self._step_s = now_s
        self._silent_s = 0.0
        """Time without audible audio, while some is owed."""

    def limit(self, *, warm: bool) -> LatencyLimit:
        """The limit on the first audio."""
        return self._limits.first_audio(warm=warm)

    def step_s(self, *, warm: bool) -> float:
        """The interval between two calls of `tick`."""
        return self._end_limit_s(warm=warm) / _STEPS_PER_TIMEOUT

    def text_sent(self, now_s: float) -> None:
        """Text, or its end, was sent while no audio was owed: further text gives no further time."""
        self._activity_s = now_s
        self._silent_s = 0.0

    def received(self, now_s: float, *, audible: bool) -> None:
        """A chunk has arrived; `audible` is false if it is silence before the first word of a clause."""
        self._activity_s = now_s
        if audible:
            self._silent_s = 0.0

    def tick(self, now_s: float, *, warm: bool) -> None:
        """Called regularly, so that delays of this process are not counted."""
        self._silent_s += min(now_s - self._step_s, self.step_s(warm=warm) * _MAX_STEPS)
        self._step_s = now_s

    def has_ended(self, now_s: float, *, warm: bool) -> bool:
        """Whether all audio has arrived, and the end of the stream need not be waited for."""
        return self._audio.fully_aligned and now_s - self._activity_s > self._end_limit_s(warm=warm)

    def is_overdue(self, situation: Situation) -> bool:
        """Whether another voice should be tried beside this one."""
        if not self._owes_audio or situation.buffered_s >= _MIN_BUFFERED_S:
            return False
        if situation.within_clause:
            return self._silent_s > self._limits.pause_s(beside=self._beside)
        return self._silent_s > self._limits.overdue_s(warm=situation.warm, beside=self._beside)

    def exceeded_s(self, now_s: float, situation: Situation) -> float | None:
        """The exceeded time limit in seconds; None if none is exceeded."""
        limit_s = self.limit(warm=situation.warm).limit_s()
        if situation.within_clause and situation.buffered_s < _MIN_BUFFERED_S:
            pause_s = _LONG_PAUSE_WITHIN_CLAUSE_S if situation.has_alternative else _PAUSE_WITHIN_CLAUSE_S
            limit_s = min(limit_s, pause_s)
        is_exceeded = self._audio.awaiting_provider and now_s - self._activity_s > limit_s
        return limit_s if is_exceeded else None

    @property
    def _owes_audio(self) -> bool:
        audio = self._audio
        return audio.awaits_first_word or (audio.awaiting_provider and not audio.fully_aligned)

    def _end_limit_s(self, *, warm: bool) -> float:
        return min(self.limit(warm=warm).limit_s(), _END_OF_STREAM_TIMEOUT_S)
