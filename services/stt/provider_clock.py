"""Which call time is meant by a provider that counts the sound of one socket. No I/O, no clock."""

from bisect import bisect_right

from parley.audio.g711 import bytes_to_ms

_MAX_MARKS = 1000


class ProviderClock:
    """Sound is sent in order, but may leap in call time, and filling may be sent that is nobody's sound."""

    def __init__(self) -> None:
        self._sent_ms = 0.0
        self._marks: list[tuple[float, float]] = []

    @property
    def started(self) -> bool:
        """Whether any of the call's sound was sent."""
        return bool(self._marks)

    def audio_sent(self, byte_count: int, at_ms: int) -> None:
        """Sound of the call, that begins at this call time."""
        if not self._marks or abs(self._next_ms() - at_ms) >= 1:
            self._marks = [*self._marks[1 - _MAX_MARKS :], (self._sent_ms, float(at_ms))]
        self._sent_ms += bytes_to_ms(byte_count)

    def padding_sent(self, byte_count: int) -> None:
        """Silence that stands for nothing."""
        self._sent_ms += bytes_to_ms(byte_count)

    def to_call_ms(self, provider_ms: float) -> int:
        """The call time of a place in the socket's sound."""
        if not self._marks:
            return 0
        after = bisect_right(self._marks, provider_ms, key=lambda mark: mark[0])
        sent_ms, at_ms = self._marks[max(0, after - 1)]
        call_ms = at_ms + max(0.0, provider_ms - sent_ms)
        # Filling has no call time of its own: it is the end of what was before, at the most.
        return round(min(call_ms, self._marks[after][1]) if 0 < after < len(self._marks) else call_ms)

    def _next_ms(self) -> float:
        sent_ms, at_ms = self._marks[-1]
        return at_ms + self._sent_ms - sent_ms
