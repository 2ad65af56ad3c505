"""A stream's frames, each at its call time. No I/O, no clock of its own."""

from dataclasses import dataclass

from parley.audio.g711 import duration_ms
from services.edge.inbound.stream_clock import StreamClock
from services.edge.twilio.media_messages import Media


@dataclass(frozen=True, slots=True)
class Frame:
    """Caller audio and the call time of its first sample."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """Call time at which the audio ends."""
        return self.at_ms + duration_ms(self.mulaw)


class TimedFrames:
    """Assigns call time to the frames of one media stream."""

    def __init__(self) -> None:
        self._clock = StreamClock()

    def take(self, media: Media, now_ms: int) -> Frame | None:
        """The frame of a message that arrived at call time `now_ms`; None if it carries no audio."""
        if not media.mulaw:
            return None
        self._clock.observe(media.timestamp_ms + duration_ms(media.mulaw), now_ms)
        return Frame(self._clock.to_call_ms(media.timestamp_ms, media.mulaw), media.mulaw)
