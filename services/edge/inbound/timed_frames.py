"""A stream's frames in order, each at its call time. No I/O, no clock of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from parley.audio.g711 import duration_ms
from services.edge.inbound.frame_order import FrameOrder
from services.edge.inbound.stream_clock import StreamClock
from services.edge.twilio.media_messages import Media


@dataclass(frozen=True, slots=True)
class Frame:
    """Sound of the caller's, at the call time of its first sample."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """Call time of its end."""
        return self.at_ms + duration_ms(self.mulaw)


class TimedFrames:
    """One stream's."""

    def __init__(self) -> None:
        self._clock = StreamClock()
        self._order = FrameOrder()

    def take(self, media: Media, now_ms: int) -> list[Frame]:
        """What may be passed on after a frame that came at call time `now_ms`; an empty one is left out."""
        if not media.mulaw:
            return []
        self._clock.observe(media.timestamp_ms + duration_ms(media.mulaw), now_ms)
        return self._timed(self._order.take(media))

    def rest(self) -> list[Frame]:
        """All that waits for another: no frame comes any more."""
        return self._timed(self._order.rest())

    def _timed(self, ready: Iterable[Media]) -> list[Frame]:
        return [Frame(self._clock.to_call_ms(one.timestamp_ms, one.mulaw), one.mulaw) for one in ready]
