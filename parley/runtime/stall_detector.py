"""Detects a stalled media stream: it is open, but its edge delivers no audio. No I/O, no clock."""

_STALLED_AFTER_MS = 700
"""Twilio sends a frame every 20 ms, even while the caller is silent."""
_REPORT_INTERVAL_MS = 1000
_FREQUENT_REPORTS = 5
_RARE_REPORT_INTERVAL_MS = 5000
"""After five reports without an effect, the edge is most likely alive, and the line suppresses silence."""


class StallDetector:
    """Watches the media stream of one call."""

    def __init__(self) -> None:
        self._open = False
        self._last_audio_ms = 0
        self._last_report_ms = -_REPORT_INTERVAL_MS
        self._reports = 0

    def stream_opened(self, now_ms: int) -> None:
        """Record that a stream started."""
        self._open = True
        self.audio_received(now_ms)

    def stream_closed(self) -> None:
        """Record that the stream stopped."""
        self._open = False

    def audio_received(self, now_ms: int) -> None:
        """Record that a frame arrived."""
        self._last_audio_ms = now_ms
        self._reports = 0

    def check(self, now_ms: int) -> bool:
        """Whether to report a stall now; at most once per second."""
        interval_ms = _REPORT_INTERVAL_MS if self._reports < _FREQUENT_REPORTS else _RARE_REPORT_INTERVAL_MS
        silent_ms = now_ms - self._last_audio_ms
        if not self._open or silent_ms < _STALLED_AFTER_MS or now_ms - self._last_report_ms < interval_ms:
            return False
        self._last_report_ms = now_ms
        self._reports += 1
        return True
