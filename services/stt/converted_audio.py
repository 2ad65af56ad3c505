"""Converts the caller's audio to the format that a provider takes; pieces keep their call time. No I/O."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parley.audio.audio_converter import AudioConverter

_MAX_DRIFT_MS = 1.0
"""Call times are whole milliseconds; a larger difference is a gap."""


class ConvertedAudio:
    """The audio sent on one connection; a converter returns audio a few milliseconds late."""

    def __init__(self, conversion: "AudioConverter") -> None:
        self._conversion = conversion
        self._start_ms: float | None = None
        """Call time at which the converter's stream began; None before audio, and after a flush."""

    def add(self, mulaw: bytes, at_ms: int) -> list[tuple[bytes, int]]:
        """Add audio that begins at a call time; returns pieces in the provider's format, with theirs.

        Audio before a gap is returned as at an end, because what follows does not continue it.
        """
        next_ms = self._returned_until_ms + self._conversion.lag_ms
        has_gap = self._start_ms is not None and abs(next_ms - at_ms) >= _MAX_DRIFT_MS
        before = self.flush() if has_gap else []
        if self._start_ms is None:
            self._start_ms = float(at_ms)
        piece_ms = self._returned_until_ms
        piece = self._conversion.convert(mulaw)
        return [*before, (piece, round(piece_ms))] if piece else before

    def flush(self) -> list[tuple[bytes, int]]:
        """Return the rest of the audio; audio that is added later begins a new stream."""
        rest_ms = self._returned_until_ms
        rest = self._conversion.flush()
        self._start_ms = None
        return [(rest, round(rest_ms))] if rest else []

    @property
    def _returned_until_ms(self) -> float:
        return (self._start_ms or 0.0) + self._conversion.returned_ms
