"""Does sound still come? A line whose edge has frozen is open, and silent. No I/O, no clock."""

_SILENT_MS = 700
"""Twilio sends a frame every 20 ms, whatever the caller does."""
_TELL_EVERY_MS = 1000


class LineWatch:
    """One call's."""

    def __init__(self) -> None:
        self._open = False
        self._sound_at_ms = 0
        self._told_at_ms = -_TELL_EVERY_MS

    def opened(self, now_ms: int) -> None:
        """A stream began."""
        self._open = True
        self._sound_at_ms = now_ms

    def closed(self) -> None:
        """It is over."""
        self._open = False

    def sound(self, now_ms: int) -> None:
        """A frame came."""
        self._sound_at_ms = now_ms

    def is_suspect(self, now_ms: int) -> bool:
        """Whether somebody should look whether the stream's edge still lives; True now and then."""
        silent_ms = now_ms - self._sound_at_ms
        if not self._open or silent_ms < _SILENT_MS or now_ms - self._told_at_ms < _TELL_EVERY_MS:
            return False
        self._told_at_ms = now_ms
        return True
