"""Maps a media stream's timestamps to call time. No I/O, no clock.

Twilio does not document what the first timestamp of a stream counts from. A frame cannot arrive before it was
spoken, so the frame with the least delay so far shows where the stream's time zero lies.
"""

from dataclasses import dataclass

from parley.audio.g711 import FRAME_MS, QUIET_BYTES, duration_ms
from services.edge.twilio.media_messages import Media

_MIN_CORRECTION_MS = FRAME_MS
"""Smaller corrections are treated as jitter."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """Caller audio and the call time of its first sample."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """Call time at which the audio ends."""
        return self.at_ms + duration_ms(self.mulaw)


class StreamClock:
    """Assigns call time to the frames of one media stream, however late they arrive."""

    def __init__(self) -> None:
        self._zero_ms: int | None = None
        """Call time that is currently assigned to the stream's timestamp 0."""
        self._earliest_zero_ms = 0
        """The same, according to the frame with the least delay so far."""
        self._after_silence = False

    def to_frame(self, media: Media, arrived_ms: int) -> TimedFrame | None:
        """Assign call time to audio that arrived at call time `arrived_ms`; None if the message has no audio.

        Time zero moves earlier only between two silent frames: speech moved onto earlier speech would
        overwrite part of a word.
        """
        if not media.mulaw:
            return None
        length_ms = duration_ms(media.mulaw)
        zero_ms = arrived_ms - media.timestamp_ms - length_ms
        if self._zero_ms is None:
            self._zero_ms = self._earliest_zero_ms = zero_ms
        self._earliest_zero_ms = min(self._earliest_zero_ms, zero_ms)
        correction_ms = self._zero_ms - self._earliest_zero_ms
        is_silent = not media.mulaw.translate(None, QUIET_BYTES)
        if is_silent and self._after_silence and correction_ms >= _MIN_CORRECTION_MS:
            self._zero_ms -= min(correction_ms, length_ms)
        self._after_silence = is_silent
        return TimedFrame(max(0, self._zero_ms + media.timestamp_ms), media.mulaw)
