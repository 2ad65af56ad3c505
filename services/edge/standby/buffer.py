"""Buffers the last seconds of a standby stream. No I/O, no clock."""

from collections import deque

from parley.audio.g711 import BYTES_PER_MS, duration_ms
from parley.v1.audio_pb2 import CallerAudio, StandbyAudio
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.alignment import concat, find_overlap

_BUFFERED_MS = 12_000
"""Longer than it takes to detect a frozen edge."""


class StandbyBuffer:
    """The last seconds of one caller's audio."""

    def __init__(self) -> None:
        self._frames: deque[TimedFrame] = deque()

    def add(self, frame: TimedFrame) -> None:
        """Append the newest frame; frames older than the buffer's length are dropped."""
        self._frames.append(frame)
        while self._frames[0].end_ms < frame.at_ms - _BUFFERED_MS:
            self._frames.popleft()

    def since(self, published: CallerAudio) -> StandbyAudio:
        """The audio that follows published audio, in order, timed by the published audio's clock."""
        end_ms = published.at_ms + duration_ms(published.mulaw)
        offset_ms = self._offset_ms(published)
        missed = StandbyAudio()
        for frame in self._frames:
            at_ms = frame.at_ms + offset_ms
            rest = frame.mulaw[max(0, end_ms - at_ms) * BYTES_PER_MS :]
            if rest:
                missed.frames.append(CallerAudio(at_ms=max(at_ms, end_ms), mulaw=rest))
        return missed

    def _offset_ms(self, published: CallerAudio) -> int:
        """The difference between the two clocks, by the position of the same audio in both streams."""
        overlap = find_overlap(published.mulaw, concat(self._frames))
        if overlap is None:
            return 0
        there, here = overlap
        for frame in self._frames:
            if here < len(frame.mulaw):
                buffered_ms = frame.at_ms + here // BYTES_PER_MS
                return int(published.at_ms) + there // BYTES_PER_MS - buffered_ms
            here -= len(frame.mulaw)
        return 0
