"""The caller's sound, from Twilio's frames to the bus."""

from collections.abc import Callable

from parley import subjects
from parley.bus import Bus
from parley.mulaw import BYTES_PER_MS
from parley.v1.audio_pb2 import CallerAudio
from services.edge.frame_order import FrameOrder
from services.edge.media_protocol import Media
from services.edge.stream_clock import StreamClock


class Hear:
    """One stream's frames, numbered and timed by the call's clock."""

    def __init__(self, bus: Bus, call_sid: str, epoch: int, now_ms: Callable[[], int]) -> None:
        self._bus = bus
        self._subject = subjects.caller_audio(call_sid)
        self._epoch = epoch
        self._now_ms = now_ms
        self._clock = StreamClock()
        self._order = FrameOrder()
        self._sequence = 0

    async def frame(self, media: Media) -> None:
        """Put a frame on the bus, in the order of its time; an empty one is left out.

        Raises:
            BusError: the bus is away and its buffer is full.
        """
        if media.mulaw:
            self._clock.learn(media.timestamp_ms + len(media.mulaw) // BYTES_PER_MS, self._now_ms())
            for ready in self._order.take(media):
                await self._publish(ready)

    async def over(self) -> None:
        """No frame comes any more: what waited for another is put on the bus too."""
        for ready in self._order.rest():
            await self._publish(ready)

    async def _publish(self, media: Media) -> None:
        self._sequence += 1
        audio = CallerAudio(
            epoch=self._epoch,
            sequence=self._sequence,
            at_ms=self._clock.call_ms(media.timestamp_ms, media.mulaw),
            mulaw=media.mulaw,
        )
        await self._bus.publish(self._subject, audio.SerializeToString())
