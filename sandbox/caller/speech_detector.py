"""Detects speech in the agent's audio, frame by frame, by energy. No I/O, no clock."""

from dataclasses import dataclass

from parley.audio.g711 import FRAME_MS
from sandbox.caller.loudness import is_audible

_END_SILENCE_MS = 400
"""Pauses within speech are shorter; the end of a segment is detected this much later."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, including the pauses within it."""

    start_ms: float
    end_ms: float


class SpeechDetector:
    """Splits audio into speech segments, one 20 ms frame at a time."""

    __slots__ = ("_last_speech_ms", "_started_ms", "now_ms", "segments")

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.segments: list[Segment] = []
        self._started_ms: float | None = None
        self._last_speech_ms: float | None = None

    @property
    def speech_started_ms(self) -> float | None:
        """Start of the current speech, or None in silence."""
        return self._started_ms

    @property
    def last_speech_ms(self) -> float | None:
        """End of the last audible frame."""
        return self._last_speech_ms

    def process(self, frame: bytes) -> tuple[bool, Segment | None]:
        """Process the next frame; returns whether speech started with it, and the segment it completes."""
        start_ms, started, finished = self.now_ms, False, None
        self.now_ms += FRAME_MS
        if is_audible(frame):
            started = self._started_ms is None
            self._started_ms = start_ms if started else self._started_ms
            self._last_speech_ms = self.now_ms
        elif self._last_speech_ms is not None and self.now_ms - self._last_speech_ms >= _END_SILENCE_MS:
            finished = self.flush()
        return started, finished

    def flush(self) -> Segment | None:
        """Close the open segment, if any."""
        if self._started_ms is None or self._last_speech_ms is None:
            return None
        segment = Segment(self._started_ms, self._last_speech_ms)
        self.segments.append(segment)
        self._started_ms = None
        return segment
