"""Where two lines carry the same sound: by its bytes, as each line's clock is a little off. No I/O, no clock.

Sound that is put together by the clock alone has a word's piece twice, or lacks one, at every seam.
"""

from collections.abc import Iterable

from parley.audio.g711 import BYTES_PER_MS, QUIET_BYTES
from services.edge.inbound.stream_clock import TimedFrame

_NEEDLE = 320
"""Bytes, 40 ms: no stretch of a voice is like another one for so long."""
_LEAST_LOUD = 100
"""Of them so many that are not silence."""
_AROUND = 1600
_MOST_NEEDLES, _MOST_PLACES = 8, 32
_BLOCK = 160
_AGREEING = 0.8
"""Of all blocks that both have; a lost frame makes some differ."""
_MOST_SHIFT_MS = 1000
_BEYOND_MS = 60
_MOST_FRAMES = 150


def find_overlap(sound: bytes, within: bytes) -> tuple[int, int] | None:
    """Positions of one and the same stretch in both; None where there is none, or nothing but silence.

    A voice repeats itself: two stretches are the same if all around them is. An edge has no time to look for
    long: it carries other calls.
    """
    needles = 0
    for at in range(0, len(sound) - _NEEDLE + 1, _NEEDLE // 2):
        needle = sound[at : at + _NEEDLE]
        if len(needle.translate(None, QUIET_BYTES)) < _LEAST_LOUD:
            continue
        found = within.rfind(needle)
        for _ in range(_MOST_PLACES):
            if found < 0:
                break
            if _agree(sound, at, within, found):
                return at, found
            found = within.rfind(needle, 0, found + _NEEDLE - 1)
        needles += 1
        if needles >= _MOST_NEEDLES:
            break
    return None


def _agree(sound: bytes, at: int, within: bytes, found: int) -> bool:
    before = min(at, found, _AROUND)
    one = sound[at - before : at + _NEEDLE + _AROUND]
    other = within[found - before : found + _NEEDLE + _AROUND]
    length = min(len(one), len(other))
    blocks = range(0, length, _BLOCK)
    same = sum(one[b : min(b + _BLOCK, length)] == other[b : min(b + _BLOCK, length)] for b in blocks)
    return same >= _AGREEING * len(blocks)


def concat(frames: Iterable[TimedFrame]) -> bytes:
    """Their sound."""
    return b"".join(frame.mulaw for frame in frames)


class StreamAligner:
    """A line that begins while another one's sound is there already, up to that one's end."""

    def __init__(self, before: list[TimedFrame]) -> None:
        self._before = concat(before)
        self._end_ms = before[-1].end_ms
        self._waiting: list[TimedFrame] = []
        self._shift_by_ms: int | None = None
        self._follows_ms: int | None = None
        """Where the line's next frame would lie, did its clock not set itself right meanwhile."""

    def push(self, frames: list[TimedFrame], *, last: bool = False) -> list[TimedFrame]:
        """What is new in the line, at its true time; nothing while it must be heard further to know that."""
        if self._shift_by_ms is None:
            self._waiting += frames
            frames = self._waiting
            if not frames or not (last or self._is_enough(frames)):
                return []
            self._shift_by_ms, self._waiting = self._shift_ms(frames), []
        placed = [self._placed(frame) for frame in frames]
        return [rest for frame in placed if (rest := self._new_of(frame)) is not None]

    def _placed(self, frame: TimedFrame) -> TimedFrame:
        """Of what the line's clock was behind no more is taken off than it still is."""
        shift_ms = self._shift_by_ms or 0
        if shift_ms < 0 and self._follows_ms is not None and frame.at_ms < self._follows_ms:
            shift_ms = min(0, shift_ms + self._follows_ms - frame.at_ms)
        self._follows_ms, self._shift_by_ms = frame.end_ms, shift_ms
        return TimedFrame(frame.at_ms + shift_ms, frame.mulaw)

    def _is_enough(self, frames: list[TimedFrame]) -> bool:
        return frames[-1].end_ms >= self._end_ms + _BEYOND_MS or len(frames) >= _MOST_FRAMES

    def _shift_ms(self, frames: list[TimedFrame]) -> int:
        same = find_overlap(concat(frames), self._before)
        if same is None:
            return 0
        here, there = same
        true_ms = self._end_ms - (len(self._before) - there) // BYTES_PER_MS
        shift_ms = true_ms - (frames[0].at_ms + here // BYTES_PER_MS)
        return shift_ms if abs(shift_ms) <= _MOST_SHIFT_MS else 0

    def _new_of(self, frame: TimedFrame) -> TimedFrame | None:
        known_ms = self._end_ms - frame.at_ms
        if known_ms <= 0:
            return frame
        rest = frame.mulaw[known_ms * BYTES_PER_MS :]
        return TimedFrame(self._end_ms, rest) if rest else None
