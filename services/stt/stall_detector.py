"""Does sound still come? A line whose edge has frozen is open, and silent. No I/O, no clock."""

_STALLED_AFTER_MS = 700
"""Twilio sends a frame every 20 ms, whatever the caller does."""
_REPORT_INTERVAL_MS = 1000


class StallDetector:
    """One call's."""

    def __init__(self) -> None:
        self._open = False
        self._last_audio_ms = 0
        self._last_report_ms = -_REPORT_INTERVAL_MS

    def stream_opened(self, now_ms: int) -> None:
        """A stream began."""
        self._open = True
        self._last_audio_ms = now_ms

    def stream_closed(self) -> None:
        """It is over."""
        self._open = False

    def audio_received(self, now_ms: int) -> None:
        """A frame came."""
        self._last_audio_ms = now_ms

    def check(self, now_ms: int) -> bool:
        """Whether somebody should look whether the stream's edge still lives; True now and then."""
        silent_ms = now_ms - self._last_audio_ms
        if (
            not self._open
            or silent_ms < _STALLED_AFTER_MS
            or now_ms - self._last_report_ms < _REPORT_INTERVAL_MS
        ):
            return False
        self._last_report_ms = now_ms
        return True
