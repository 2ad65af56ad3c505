"""Converts a provider's times, which count the audio of one connection, to call times. No I/O, no clock."""

import math
from bisect import bisect_right

from parley.audio.formats import MULAW_8K, AudioFormat

_MAX_MARKS = 1000


class ProviderClock:
    """The audio sent on one connection, in order: it may have gaps in call time, and padding without one."""

    def __init__(self, audio_format: AudioFormat = MULAW_8K) -> None:
        self._format = audio_format
        self._sent_ms = 0.0
        self._marks: list[tuple[float, float]] = []
        self.end_ms = 0.0
        """Call time of the end of the audio that was sent, padding not counted."""

    @property
    def started(self) -> bool:
        """Whether any audio of the call was sent."""
        return bool(self._marks)

    def audio_sent(self, byte_count: int, at_ms: int) -> None:
        """Record that audio was sent that begins at a call time."""
        if not self._marks or abs(self._next_ms() - at_ms) >= 1:
            self._marks = [*self._marks[1 - _MAX_MARKS :], (self._sent_ms, float(at_ms))]
        duration_ms = self._format.bytes_to_ms(byte_count)
        self._sent_ms += duration_ms
        self.end_ms = at_ms + duration_ms

    def padding_sent(self, byte_count: int) -> None:
        """Record that padding silence was sent, which has no call time."""
        self._sent_ms += self._format.bytes_to_ms(byte_count)

    def to_call_ms(self, provider_ms: float) -> int:
        """Convert a position in the audio of the connection to call time; at most the end of that audio."""
        if not self._marks:
            return 0
        # A position that is not a number is taken for the end.
        provider_ms = min(provider_ms, self._sent_ms) if math.isfinite(provider_ms) else self._sent_ms
        after = bisect_right(self._marks, provider_ms, key=lambda mark: mark[0])
        sent_ms, at_ms = self._marks[max(0, after - 1)]
        call_ms = at_ms + max(0.0, provider_ms - sent_ms)
        # Padding has no call time: a position in it becomes at most the end of the audio before it.
        end_ms = self._marks[after][1] if 0 < after < len(self._marks) else self.end_ms
        return round(min(call_ms, end_ms))

    def _next_ms(self) -> float:
        sent_ms, at_ms = self._marks[-1]
        return at_ms + self._sent_ms - sent_ms
