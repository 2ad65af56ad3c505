"""The caller's sound, from Twilio's frames to the bus."""

from collections.abc import Iterable

from parley.bus import Bus, subjects
from parley.v1.audio_pb2 import CallerAudio
from services.edge.inbound.stream_clock import StreamClock, TimedFrame
from services.edge.standby.alignment import StreamAligner
from services.edge.twilio.media_messages import Media


class AudioIngest:
    """One stream's frames, numbered and timed by the call's clock."""

    def __init__(self, bus: Bus, call_sid: str, epoch: int) -> None:
        self._bus = bus
        self._subject = subjects.caller_audio(call_sid)
        self._epoch = epoch
        self._clock = StreamClock()
        self._sequence = 0
        self._held: list[TimedFrame] | None = None
        """Frames that wait for what was said before them."""
        self._splice: StreamAligner | None = None
        """Where sound of another line came before this one's."""

    def buffer(self) -> None:
        """Until `missed` is told."""
        self._held = []

    async def prepend_standby_audio(self, frames: list[TimedFrame]) -> None:
        """Put on the bus what was said between two streams, then what has come of this one.

        Raises:
            BusError: the connection is closed.
        """
        if frames:
            self._splice = StreamAligner(frames)
            await self._publish(frames)
        while self._held:
            held, self._held = self._held, []
            await self._forward(held)
        self._held = None

    async def push_frame(self, media: Media, came_ms: int) -> None:
        """Put a frame that came at some call time on the bus, in the order of its time; no empty one.

        Raises:
            BusError: the connection is closed.
        """
        frame = self._clock.to_frame(media, came_ms)
        if frame is None:
            return
        if self._held is not None:
            self._held.append(frame)
        else:
            await self._forward([frame])

    async def close(self) -> None:
        """No frame comes any more: what waited for another is put on the bus too."""
        held, self._held = self._held or [], None
        await self._forward(held, last=True)

    async def _forward(self, frames: list[TimedFrame], *, last: bool = False) -> None:
        if self._splice is not None:
            frames = self._splice.push(frames, last=last)
        await self._publish(frames)

    async def _publish(self, frames: Iterable[TimedFrame]) -> None:
        for frame in frames:
            self._sequence += 1
            audio = CallerAudio(
                epoch=self._epoch, sequence=self._sequence, at_ms=frame.at_ms, mulaw=frame.mulaw
            )
            await self._bus.audio.publish(self._subject, audio.SerializeToString())
