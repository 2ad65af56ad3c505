"""Detects silence on a line that sends no audio while the caller is silent. No I/O, no clock.

Some trunks suppress silence: no frame arrives between two utterances. A network that freezes looks the same
until audio arrives: after silence its call time has a gap, after a freeze it continues where it stopped.
"""

_MIN_GAP_MS = 200
"""A shorter interruption is jitter."""
_SUPPRESSED_AFTER_MS = 200
"""No audio for this long is silence on a line that has suppressed silence before."""
_STOPPED_AFTER_MS = 1000
"""The same on a line that has not, after the caller's speech has ended or faded."""
_STOPPED_IN_SPEECH_AFTER_MS = 2200
"""The same within speech, where a freeze is more likely than a caller who stopped at that moment."""


class LineSilence:
    """Silence that the clock measures while no audio arrives on one call's line; times are call times."""

    def __init__(self) -> None:
        self._last_arrival_ms: int | None = None
        self._audio_end_ms: int | None = None
        self._suppresses_silence = False

    def watch(self, now_ms: int) -> None:
        """Start to measure, although no audio has arrived yet; without effect if some has."""
        if self._last_arrival_ms is None:
            self._last_arrival_ms = now_ms

    def restart(self, now_ms: int) -> None:
        """Measure from now on, because audio was lost on the way from the line."""
        if self._last_arrival_ms is not None:
            self._last_arrival_ms = now_ms

    def stop(self) -> None:
        """Stop measuring until audio arrives, because the stream has ended."""
        self._last_arrival_ms = self._audio_end_ms = None

    def received(self, now_ms: int, start_ms: int, end_ms: int) -> None:
        """Record that audio from `start_ms` to `end_ms` arrived."""
        if self._last_arrival_ms is not None and self._audio_end_ms is not None:
            waited_ms, gap_ms = now_ms - self._last_arrival_ms, start_ms - self._audio_end_ms
            if waited_ms >= _MIN_GAP_MS:
                self._suppresses_silence = gap_ms >= _MIN_GAP_MS
        self._last_arrival_ms = now_ms
        self._audio_end_ms = max(end_ms, self._audio_end_ms or 0)

    def silence_ms(self, now_ms: int, *, speaking: bool) -> int:
        """The silence since the last audio; 0 while it may still be delayed."""
        if self._last_arrival_ms is None:
            return 0
        waited_ms = now_ms - self._last_arrival_ms
        if self._suppresses_silence:
            limit_ms = _SUPPRESSED_AFTER_MS
        else:
            limit_ms = _STOPPED_IN_SPEECH_AFTER_MS if speaking else _STOPPED_AFTER_MS
        return waited_ms if waited_ms >= limit_ms else 0
