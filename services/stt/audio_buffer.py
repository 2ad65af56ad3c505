"""Caller audio not yet covered by a final transcript, kept for a reconnect. No I/O, no clock."""

from collections import deque
from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS, SILENCE, bytes_to_ms

_MAX_BUFFERED_MS = 60_000
"""More than this is not sent again: the provider takes a backlog at 1.25 times real time."""
_MAX_FILLED_GAP_MS = 2000
"""Silence for a hole: enough for the provider to see that nobody speaks. The rest of a longer one is leapt
over; filled it would be a backlog, behind which the caller is heard late."""
_JITTER_MS = 10
"""A frame that is less than this early or late follows on what was before: its time is inexact."""


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """A piece without a hole."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """Call time of its end."""
        return self.at_ms + int(bytes_to_ms(len(self.mulaw)))


@dataclass(slots=True)
class _Segment:
    start_ms: int
    mulaw: bytearray

    @property
    def end_ms(self) -> int:
        return self.start_ms + int(bytes_to_ms(len(self.mulaw)))


class AudioBuffer:
    """Sound at its time: short holes are silent, long ones are left out."""

    def __init__(self, start_ms: int) -> None:
        self._segments = deque([_Segment(start_ms, bytearray())])
        self._started = False

    @property
    def started(self) -> bool:
        """Whether any sound has come."""
        return self._started

    @property
    def start_ms(self) -> int:
        """Call time of the first byte kept."""
        return self._segments[0].start_ms

    @property
    def end_ms(self) -> int:
        """Call time up to which there is sound."""
        return self._segments[-1].end_ms

    def add(self, mulaw: bytes, at_ms: int) -> list[AudioSpan]:
        """Add a frame; gives what is new, a filled hole included."""
        if not self._started and at_ms > self.start_ms:
            self._segments[0].start_ms = at_ms
        self._started = True
        gap_ms = at_ms - self.end_ms
        if gap_ms <= -_JITTER_MS:
            mulaw = mulaw[-gap_ms * BYTES_PER_MS :]
        elif gap_ms > _MAX_FILLED_GAP_MS:
            return [
                *self._append(SILENCE * (_MAX_FILLED_GAP_MS * BYTES_PER_MS)),
                *self._append_after_gap(mulaw, at_ms),
            ]
        elif gap_ms >= _JITTER_MS:
            mulaw = SILENCE * (gap_ms * BYTES_PER_MS) + mulaw
        return self._append(mulaw)

    def since(self, at_ms: int) -> list[AudioSpan]:
        """What is kept from a call time on."""
        found: list[AudioSpan] = []
        for stretch in self._segments:
            skipped_ms = max(0, at_ms - stretch.start_ms)
            sound = bytes(stretch.mulaw[skipped_ms * BYTES_PER_MS :])
            if sound:
                found.append(AudioSpan(stretch.start_ms + skipped_ms, sound))
        return found

    def discard_before(self, until_ms: int) -> None:
        """What was before is not needed any more."""
        while len(self._segments) > 1 and self._segments[0].end_ms <= until_ms:
            self._segments.popleft()
        first = self._segments[0]
        known_ms = min(until_ms, first.end_ms) - first.start_ms
        if known_ms > 0:
            del first.mulaw[: known_ms * BYTES_PER_MS]
            first.start_ms += known_ms

    def _append(self, mulaw: bytes) -> list[AudioSpan]:
        at_ms = self.end_ms
        self._segments[-1].mulaw += mulaw
        self.discard_before(self.end_ms - _MAX_BUFFERED_MS)
        return [AudioSpan(at_ms, mulaw)] if mulaw else []

    def _append_after_gap(self, mulaw: bytes, at_ms: int) -> list[AudioSpan]:
        self._segments.append(_Segment(at_ms, bytearray()))
        return self._append(mulaw)
