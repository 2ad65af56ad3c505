"""Keeps caller audio not yet covered by a final transcript, for a reconnection. No I/O, no clock."""

from collections import deque
from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS, SILENCE, bytes_to_ms

_MAX_BUFFERED_MS = 60_000
"""Older audio is not resent: the provider accepts a backlog at only 1.25 times real time."""
_MAX_FILLED_GAP_MS = 2000
"""Maximum silence that replaces a gap; enough for the provider to detect the end of speech. The rest of a
longer gap is skipped, because its silence would be a backlog that delays the transcription of later audio."""
_JITTER_MS = 10
"""A frame that is early or late by less than this continues the previous one, because call times are
inexact."""


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """Consecutive audio that starts at a call time."""

    at_ms: int
    mulaw: bytes

    @property
    def end_ms(self) -> int:
        """The call time of the end of the audio."""
        return self.at_ms + int(bytes_to_ms(len(self.mulaw)))


@dataclass(slots=True)
class _Segment:
    start_ms: int
    mulaw: bytearray

    @property
    def end_ms(self) -> int:
        return self.start_ms + int(bytes_to_ms(len(self.mulaw)))


class AudioBuffer:
    """Audio by call time. Gaps of up to 2 s are filled with silence; the rest of a longer gap is skipped."""

    def __init__(self, start_ms: int) -> None:
        self._segments = deque([_Segment(start_ms, bytearray())])
        self._started = False

    @property
    def started(self) -> bool:
        """Whether any audio was added."""
        return self._started

    @property
    def start_ms(self) -> int:
        """The call time of the first buffered byte."""
        return self._segments[0].start_ms

    @property
    def end_ms(self) -> int:
        """The call time of the end of the audio."""
        return self._segments[-1].end_ms

    @property
    def duration_ms(self) -> int:
        """The time from the first buffered byte to the last one."""
        return self.end_ms - self.start_ms

    def add(self, mulaw: bytes, at_ms: int) -> list[AudioSpan]:
        """Add a frame; returns the audio that it adds, including the silence that fills a gap."""
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
        """Return the buffered audio from a call time on."""
        spans: list[AudioSpan] = []
        for segment in self._segments:
            skipped_ms = max(0, at_ms - segment.start_ms)
            mulaw = bytes(segment.mulaw[skipped_ms * BYTES_PER_MS :])
            if mulaw:
                spans.append(AudioSpan(segment.start_ms + skipped_ms, mulaw))
        return spans

    def discard_before(self, until_ms: int) -> None:
        """Discard audio before a call time."""
        while len(self._segments) > 1 and self._segments[0].end_ms <= until_ms:
            self._segments.popleft()
        first = self._segments[0]
        discarded_ms = min(until_ms, first.end_ms) - first.start_ms
        if discarded_ms > 0:
            del first.mulaw[: discarded_ms * BYTES_PER_MS]
            first.start_ms += discarded_ms

    def _append(self, mulaw: bytes) -> list[AudioSpan]:
        at_ms = self.end_ms
        self._segments[-1].mulaw += mulaw
        self.discard_before(self.end_ms - _MAX_BUFFERED_MS)
        return [AudioSpan(at_ms, mulaw)] if mulaw else []

    def _append_after_gap(self, mulaw: bytes, at_ms: int) -> list[AudioSpan]:
        self._segments.append(_Segment(at_ms, bytearray()))
        return self._append(mulaw)
