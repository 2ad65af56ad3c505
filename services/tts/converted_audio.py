"""Converts the audio of one reply to the format of calls; its timings keep their place. No I/O, no clock."""

from dataclasses import replace
from typing import TYPE_CHECKING

from parley.providers.tts import AudioChunk, CharTiming

if TYPE_CHECKING:
    from parley.audio.audio_converter import AudioConverter


class ConvertedAudio:
    """The chunks of one reply; a converter returns audio a few milliseconds late."""

    def __init__(self, conversion: "AudioConverter") -> None:
        self._conversion = conversion

    def add(self, chunk: AudioChunk) -> AudioChunk:
        """Return the audio that is ready, with the timings of the chunk relative to its beginning."""
        lag_ms = self._conversion.lag_ms
        audio = self._conversion.convert(chunk.audio)
        return AudioChunk(audio, _later(chunk.char_timings, lag_ms), chunk.ends_clause)

    def flush(self) -> bytes:
        """Return the rest of the audio, at the end of the reply."""
        return self._conversion.flush()


def _later(timings: tuple[CharTiming, ...], by_ms: float) -> tuple[CharTiming, ...]:
    if not by_ms:
        return timings
    return tuple(
        replace(timing, start_ms=timing.start_ms + by_ms, end_ms=timing.end_ms + by_ms) for timing in timings
    )
