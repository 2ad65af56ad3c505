"""The caller's sound that the vendor has not finally heard: to be sent, and sent again. No I/O, no clock."""

from parley.mulaw import BYTES_PER_MS, SILENCE, ms_of

_LONGEST_MS = 60_000
"""More than this is not sent again: the vendor takes a backlog at 1.25 times real time."""
_LONGEST_GAP_MS = 30_000


class SoundBuffer:
    """Sound without holes: what was lost is silence, so that positions are times."""

    def __init__(self, start_ms: int) -> None:
        self._start_ms = start_ms
        self._sound = bytearray()
        self._began = False

    @property
    def start_ms(self) -> int:
        """Call time of the first byte kept."""
        return self._start_ms

    @property
    def end_ms(self) -> int:
        """Call time up to which there is sound."""
        return self._start_ms + int(ms_of(len(self._sound)))

    def add(self, mulaw: bytes, at_ms: int) -> bytes:
        """Add a frame; gives what follows on what was there, a filled hole included."""
        if not self._began and not self._sound and at_ms > self._start_ms:
            self._start_ms = at_ms
        self._began = True
        gap_ms = at_ms - self.end_ms
        if gap_ms < 0:
            mulaw = mulaw[-gap_ms * BYTES_PER_MS :]
        elif gap_ms > 0:
            mulaw = SILENCE * (min(gap_ms, _LONGEST_GAP_MS) * BYTES_PER_MS) + mulaw
        self._sound += mulaw
        self.forget(self.end_ms - _LONGEST_MS)
        return mulaw

    def since(self, at_ms: int) -> bytes:
        """Sound from a call time on."""
        return bytes(self._sound[max(0, at_ms - self._start_ms) * BYTES_PER_MS :])

    def forget(self, until_ms: int) -> None:
        """What was before is not needed any more."""
        known_ms = min(until_ms, self.end_ms) - self._start_ms
        if known_ms > 0:
            del self._sound[: known_ms * BYTES_PER_MS]
            self._start_ms += known_ms
