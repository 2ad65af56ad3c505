"""A stream's timestamps as call time, however late its frames come and however fast Twilio's clock runs.

No I/O, no clock of its own. A frame cannot arrive before it was spoken: the quickest frame of the last while
tells where the stream's time zero lies. Twilio says nowhere what its first timestamp counts from.
"""

from parley.audio.g711 import QUIET_BYTES, duration_ms

_WINDOW_MS = 10_000
"""The quickest frame of one to two such windows counts: longer than a line freezes."""
_STEP_MS = 20
"""Smaller corrections are not worth a frame."""


class StreamClock:
    """One stream's."""

    def __init__(self) -> None:
        self._zero_ms: int | None = None
        self._windows: tuple[int | None, int] = (None, 0)
        """The least lag of the window before, and of this one."""
        self._window_until_ms = 0
        self._silent_before = False

    def observe(self, end_ms: int, now_ms: int) -> None:
        """A frame whose sound ends at the stream's time `end_ms` has arrived at call time `now_ms`."""
        lag_ms = now_ms - end_ms
        if self._zero_ms is None:
            self._zero_ms = lag_ms
            self._windows, self._window_until_ms = (None, lag_ms), now_ms + _WINDOW_MS
        before_ms, least_ms = self._windows
        if now_ms >= self._window_until_ms:
            self._windows, self._window_until_ms = (least_ms, lag_ms), now_ms + _WINDOW_MS
        else:
            self._windows = (before_ms, min(least_ms, lag_ms))

    def to_call_ms(self, timestamp_ms: int, mulaw: bytes) -> int:
        """Call time of a frame's first sample; corrected only in silence, so that no word is cut.

        Later at once; earlier by one silent frame upon another: what lies over a word would take its place.
        """
        if self._zero_ms is None:
            raise ValueError("learn of a frame first")
        silent = not mulaw.translate(None, QUIET_BYTES)
        late_ms = self._zero_ms - self._wanted_ms(self._zero_ms)
        if silent and late_ms <= -_STEP_MS:
            self._zero_ms -= late_ms
        elif silent and self._silent_before and late_ms >= _STEP_MS:
            self._zero_ms -= min(late_ms, duration_ms(mulaw))
        self._silent_before = silent
        return max(0, self._zero_ms + timestamp_ms)

    def _wanted_ms(self, zero_ms: int) -> int:
        before_ms, least_ms = self._windows
        if before_ms is None:
            # Not long enough yet to tell a slow clock from a slow line.
            return min(zero_ms, least_ms)
        return min(before_ms, least_ms)
