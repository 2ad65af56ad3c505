"""The caller's audio of a call, for the provider's session and for the one after it. No I/O, no clock.

A session counts time by the audio that it receives, so the audio has no gaps: silence fills those of up to
2 s, and longer ones are shortened to that. The positions at which call time jumps are kept.
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS, bytes_to_ms, make_silence

_MAX_BUFFERED_MS = 60_000
_MAX_FILLED_GAP_MS = 2000
_JITTER_MS = 10
"""A frame that is early or late by less than this continues the previous one."""
_MAX_JUMPS = 200


@dataclass(frozen=True, slots=True)
class _Chunk:
    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        return self.at_ms + int(bytes_to_ms(len(self.mulaw)))


class CallerAudio:
    """The latest audio by call time, and what the current session has not been sent yet."""

    def __init__(self, from_ms: int = 0) -> None:
        """Create it; audio before `from_ms` is not needed."""
        self._chunks: deque[_Chunk] = deque()
        self._buffered_ms = 0
        self._from_ms = from_ms
        self._end_ms = from_ms
        self._started = False
        self._unsent: deque[_Chunk] = deque()
        self._positions: list[int] = [0]
        """Positions of the session, in ms, at which call time jumps."""
        self._call_ms: list[int] = [from_ms]
        """The call time of each of them."""
        self._sent_ms = 0.0

    @property
    def end_ms(self) -> int:
        """Call time of the end of the audio."""
        return self._end_ms

    @property
    def start_ms(self) -> int:
        """Call time before which audio is not needed."""
        return self._from_ms

    @property
    def taken_until_ms(self) -> int:
        """Call time of the end of the audio that the session has been sent."""
        return self.call_time(round(self._sent_ms))

    def add_silence(self, until_ms: int) -> None:
        """Add the silence of a line that sends none, up to a call time."""
        if until_ms > self._end_ms:
            self.add(b"", until_ms)

    def add(self, mulaw: bytes, at_ms: int) -> None:
        """Add a frame; the part that is there already is dropped."""
        if not self._started:
            self._started = True
            self._end_ms = max(at_ms, self._from_ms)
        gap_ms = at_ms - self._end_ms
        if gap_ms <= -_JITTER_MS:
            mulaw = mulaw[-gap_ms * BYTES_PER_MS :]
            at_ms = self._end_ms
        elif gap_ms >= _JITTER_MS:
            filled_ms = min(gap_ms, _MAX_FILLED_GAP_MS)
            self._append(_Chunk(at_ms - filled_ms, make_silence(filled_ms)))
        else:
            at_ms = self._end_ms
        if mulaw:
            self._append(_Chunk(at_ms, mulaw))

    def start_session(self, from_ms: int) -> None:
        """Begin a new session with the audio from a call time on."""
        self._sent_ms = 0.0
        self._positions, self._call_ms = [0], [max(from_ms, self._end_ms if not self._chunks else 0)]
        self._unsent.clear()
        for chunk in self._chunks:
            if chunk.end_ms > from_ms:
                skipped_ms = max(0, from_ms - chunk.at_ms)
                self._unsent.append(
                    _Chunk(chunk.at_ms + skipped_ms, chunk.mulaw[skipped_ms * BYTES_PER_MS :])
                )
        if self._unsent:
            self._call_ms = [self._unsent[0].at_ms]

    def take(self, max_ms: int) -> bytes:
        """Take the next audio for the session; empty if all was sent."""
        taken = bytearray()
        while self._unsent and bytes_to_ms(len(taken)) < max_ms:
            chunk = self._unsent.popleft()
            self._note_jump(chunk.at_ms)
            self._sent_ms += bytes_to_ms(len(chunk.mulaw))
            taken += chunk.mulaw
        return bytes(taken)

    def call_time(self, session_ms: int) -> int:
        """Return the call time of a position of the session."""
        index = max(0, bisect_right(self._positions, session_ms) - 1)
        return self._call_ms[index] + max(0, session_ms - self._positions[index])

    def discard_before(self, until_ms: int) -> None:
        """Discard audio that no session needs any longer."""
        while self._chunks and self._chunks[0].end_ms <= until_ms:
            self._buffered_ms -= int(bytes_to_ms(len(self._chunks.popleft().mulaw)))

    def _append(self, chunk: _Chunk) -> None:
        self._chunks.append(chunk)
        self._unsent.append(chunk)
        self._end_ms = chunk.end_ms
        self._buffered_ms += int(bytes_to_ms(len(chunk.mulaw)))
        while self._buffered_ms > _MAX_BUFFERED_MS:
            dropped = self._chunks.popleft()
            self._buffered_ms -= int(bytes_to_ms(len(dropped.mulaw)))
            if self._unsent and self._unsent[0] is dropped:
                self._unsent.popleft()

    def _note_jump(self, at_ms: int) -> None:
        """Record that the audio sent next does not continue the audio before it."""
        position = round(self._sent_ms)
        if abs(self.call_time(position) - at_ms) < _JITTER_MS:
            return
        self._positions.append(position)
        self._call_ms.append(at_ms)
        if len(self._positions) > _MAX_JUMPS:
            del self._positions[0], self._call_ms[0]
