"""Caller audio not yet covered by a final transcript, kept for a reconnect. No I/O, no clock."""

from collections import deque
from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS, SILENCE, bytes_to_ms

_LONGEST_MS = 60_000
"""More than this is not sent again: the provider takes a backlog at 1.25 times real time."""
_FILLED_MS = 2000
"""Silence for a hole: enough for the provider to see that nobody speaks. The rest of a longer one is leapt
over; filled it would be a backlog, behind which the caller is heard late."""
_JITTER_MS = 10
"""A frame that is less than this early or late follows on what was before: its time is inexact."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece without a hole."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """Call time of its end."""
        return self.at_ms + int(bytes_to_ms(len(self.mulaw)))


@dataclass(slots=True)
class _Stretch:
    start_ms: int
    sound: bytearray

    @property
    def end_ms(self) -> int:
        return self.start_ms + int(bytes_to_ms(len(self.sound)))


class SoundBuffer:
    """Sound at its time: short holes are silent, long ones are left out."""

    def __init__(self, start_ms: int) -> None:
        self._stretches = deque([_Stretch(start_ms, bytearray())])
        self._began = False

    @property
    def began(self) -> bool:
        """Whether any sound has come."""
        return self._began

    @property
    def start_ms(self) -> int:
        """Call time of the first byte kept."""
        return self._stretches[0].start_ms

    @property
    def end_ms(self) -> int:
        """Call time up to which there is sound."""
        return self._stretches[-1].end_ms

    def add(self, mulaw: bytes, at_ms: int) -> list[Sound]:
        """Add a frame; gives what is new, a filled hole included."""
        if not self._began and at_ms > self.start_ms:
            self._stretches[0].start_ms = at_ms
        self._began = True
        gap_ms = at_ms - self.end_ms
        if gap_ms <= -_JITTER_MS:
            mulaw = mulaw[-gap_ms * BYTES_PER_MS :]
        elif gap_ms > _FILLED_MS:
            return [*self._append(SILENCE * (_FILLED_MS * BYTES_PER_MS)), *self._leap(mulaw, at_ms)]
        elif gap_ms >= _JITTER_MS:
            mulaw = SILENCE * (gap_ms * BYTES_PER_MS) + mulaw
        return self._append(mulaw)

    def since(self, at_ms: int) -> list[Sound]:
        """What is kept from a call time on."""
        found: list[Sound] = []
        for stretch in self._stretches:
            skipped_ms = max(0, at_ms - stretch.start_ms)
            sound = bytes(stretch.sound[skipped_ms * BYTES_PER_MS :])
            if sound:
                found.append(Sound(stretch.start_ms + skipped_ms, sound))
        return found

    def forget(self, until_ms: int) -> None:
        """What was before is not needed any more."""
        while len(self._stretches) > 1 and self._stretches[0].end_ms <= until_ms:
            self._stretches.popleft()
        first = self._stretches[0]
        known_ms = min(until_ms, first.end_ms) - first.start_ms
        if known_ms > 0:
            del first.sound[: known_ms * BYTES_PER_MS]
            first.start_ms += known_ms

    def _append(self, mulaw: bytes) -> list[Sound]:
        at_ms = self.end_ms
        self._stretches[-1].sound += mulaw
        self.forget(self.end_ms - _LONGEST_MS)
        return [Sound(at_ms, mulaw)] if mulaw else []

    def _leap(self, mulaw: bytes, at_ms: int) -> list[Sound]:
        self._stretches.append(_Stretch(at_ms, bytearray()))
        return self._append(mulaw)
