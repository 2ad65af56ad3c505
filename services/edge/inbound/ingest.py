"""Publishes the caller's audio: from Twilio's frames to the bus."""

from collections.abc import Iterable

from parley.bus import Bus, subjects
from parley.v1.audio_pb2 import CallerAudio
from services.edge.inbound.stream_clock import StreamClock, TimedFrame
from services.edge.twilio.media_messages import Media


class AudioIngest:
    """Publishes the frames of one media stream, numbered and timed by the call's clock."""

    def __init__(self, bus: Bus, call_sid: str, epoch: int) -> None:
        self._bus = bus
        self._subject = subjects.caller_audio(call_sid)
        self._epoch = epoch
        self._clock = StreamClock()
        self._sequence = 0

    async def push_frame(self, media: Media, arrived_ms: int) -> None:
        """Publish a frame that arrived at call time `arrived_ms`; a message without audio is skipped.

        Raises:
            BusError: the connection is closed.
        """
        frame = self._clock.to_frame(media, arrived_ms)
        if frame is not None:
            await self._forward(frame)

    async def close(self) -> None:
        """Publish frames that are still buffered after the last one has arrived; this class buffers none."""

    async def _forward(self, frame: TimedFrame) -> None:
        await self._publish((frame,))

    async def _publish(self, frames: Iterable[TimedFrame]) -> None:
        for frame in frames:
            self._sequence += 1
            audio = CallerAudio(
                epoch=self._epoch, sequence=self._sequence, at_ms=frame.at_ms, mulaw=frame.mulaw
            )
            await self._bus.audio.publish(self._subject, audio.SerializeToString())
