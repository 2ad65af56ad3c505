"""Aligns two streams of one call by matching audio, because their clocks differ slightly. No I/O, no clock.

Streams joined by their clocks alone repeat or lose part of a word at each seam.
"""

from collections.abc import Iterable

from parley.audio.g711 import BYTES_PER_MS, QUIET_BYTES
from services.edge.inbound.stream_clock import TimedFrame

_NEEDLE_BYTES = 320
"""40 ms: no two stretches of speech of this length are the same."""
_MIN_LOUD_BYTES = 100
"""Minimum number of bytes in a needle that are not silence."""
_CONTEXT_BYTES = 1600
"""Amount of audio on either side of a needle that must match as well."""
_MAX_NEEDLES, _MAX_POSITIONS = 8, 32
"""Limits of one search: the edge carries other calls."""
_BLOCK_BYTES = 160
_MIN_AGREEMENT = 0.8
"""Share of the blocks in the context that are equal; a lost frame makes some differ."""
_MAX_OFFSET_MS = 1000
_ALIGN_BEYOND_MS = 60
_MAX_BUFFERED_FRAMES = 150


def find_overlap(audio: bytes, within: bytes) -> tuple[int, int] | None:
    """Positions of one stretch of speech that occurs in both; None if there is no such stretch.

    Speech repeats itself, so two stretches count as the same only if the audio around them matches as well.
    """
    needles = 0
    for at in range(0, len(audio) - _NEEDLE_BYTES + 1, _NEEDLE_BYTES // 2):
        needle = audio[at : at + _NEEDLE_BYTES]
        if len(needle.translate(None, QUIET_BYTES)) < _MIN_LOUD_BYTES:
            continue
        found = within.rfind(needle)
        for _ in range(_MAX_POSITIONS):
            if found < 0:
                break
            if _has_same_context(audio, at, within, found):
                return at, found
            found = within.rfind(needle, 0, found + _NEEDLE_BYTES - 1)
        needles += 1
        if needles >= _MAX_NEEDLES:
            break
    return None


def _has_same_context(audio: bytes, at: int, within: bytes, found: int) -> bool:
    before = min(at, found, _CONTEXT_BYTES)
    one = audio[at - before : at + _NEEDLE_BYTES + _CONTEXT_BYTES]
    other = within[found - before : found + _NEEDLE_BYTES + _CONTEXT_BYTES]
    length = min(len(one), len(other))
    blocks = range(0, length, _BLOCK_BYTES)
    ends = (min(block + _BLOCK_BYTES, length) for block in blocks)
    equal = sum(one[block:end] == other[block:end] for block, end in zip(blocks, ends, strict=True))
    return equal >= _MIN_AGREEMENT * len(blocks)


def concat(frames: Iterable[TimedFrame]) -> bytes:
    """Concatenate the audio of frames."""
    return b"".join(frame.mulaw for frame in frames)


class StreamAligner:
    """Aligns a new stream with audio that was already published, and removes the overlap."""

    def __init__(self, published: list[TimedFrame]) -> None:
        self._published = concat(published)
        self._end_ms = published[-1].end_ms
        self._buffered: list[TimedFrame] = []
        self._offset_ms: int | None = None
        """Offset added to the new stream's times; None until it is determined."""
        self._next_ms: int | None = None
        """Expected time of the stream's next frame if its clock makes no correction."""

    def push(self, frames: list[TimedFrame], *, last: bool = False) -> list[TimedFrame]:
        """Return the frames' new audio at aligned times; none while more is needed to align them."""
        if self._offset_ms is None:
            self._buffered += frames
            frames = self._buffered
            if not frames or not (last or self._is_enough(frames)):
                return []
            self._offset_ms, self._buffered = self._find_offset_ms(frames), []
        aligned = [self._align(frame) for frame in frames]
        return [rest for frame in aligned if (rest := self._cut(frame)) is not None]

    def _align(self, frame: TimedFrame) -> TimedFrame:
        """Shift a frame; as the stream's clock corrects itself, the offset shrinks by the same amount."""
        offset_ms = self._offset_ms or 0
        if offset_ms < 0 and self._next_ms is not None and frame.at_ms < self._next_ms:
            offset_ms = min(0, offset_ms + self._next_ms - frame.at_ms)
        self._next_ms, self._offset_ms = frame.end_ms, offset_ms
        return TimedFrame(frame.at_ms + offset_ms, frame.mulaw)

    def _is_enough(self, frames: list[TimedFrame]) -> bool:
        return frames[-1].end_ms >= self._end_ms + _ALIGN_BEYOND_MS or len(frames) >= _MAX_BUFFERED_FRAMES

    def _find_offset_ms(self, frames: list[TimedFrame]) -> int:
        overlap = find_overlap(concat(frames), self._published)
        if overlap is None:
            return 0
        here, there = overlap
        true_ms = self._end_ms - (len(self._published) - there) // BYTES_PER_MS
        offset_ms = true_ms - (frames[0].at_ms + here // BYTES_PER_MS)
        return offset_ms if abs(offset_ms) <= _MAX_OFFSET_MS else 0

    def _cut(self, frame: TimedFrame) -> TimedFrame | None:
        """Return the part of a frame that follows the published audio."""
        overlap_ms = self._end_ms - frame.at_ms
        if overlap_ms <= 0:
            return frame
        rest = frame.mulaw[overlap_ms * BYTES_PER_MS :]
        return TimedFrame(self._end_ms, rest) if rest else None
