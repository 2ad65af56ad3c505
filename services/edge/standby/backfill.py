"""Publishes the audio missed between two media streams before the second one's own."""

from parley.bus import Bus
from services.edge.inbound.ingest import AudioIngest
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.alignment import StreamAligner


class BackfilledIngest(AudioIngest):
    """An `AudioIngest` that buffers its frames until the missed audio is published, and drops the overlap."""

    def __init__(self, bus: Bus, call_sid: str, epoch: int) -> None:
        super().__init__(bus, call_sid, epoch)
        self._buffered: list[TimedFrame] | None = []
        """Frames that wait for the missed audio; None once it is published."""
        self._aligner: StreamAligner | None = None

    async def prepend_standby_audio(self, missed: list[TimedFrame]) -> None:
        """Publish the missed audio, if any, then the frames that have arrived meanwhile.

        Raises:
            BusError: the connection is closed.
        """
        if missed:
            self._aligner = StreamAligner(missed)
            await self._publish(missed)
        while self._buffered:
            buffered, self._buffered = self._buffered, []
            await self._align(buffered)
        self._buffered = None

    async def close(self) -> None:
        """Publish the frames that are still buffered."""
        buffered, self._buffered = self._buffered or [], None
        await self._align(buffered, last=True)

    async def _forward(self, frame: TimedFrame) -> None:
        if self._buffered is not None:
            self._buffered.append(frame)
        else:
            await self._align([frame])

    async def _align(self, frames: list[TimedFrame], *, last: bool = False) -> None:
        if self._aligner is not None:
            frames = self._aligner.push(frames, last=last)
        await self._publish(frames)
