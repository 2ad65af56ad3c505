"""Detects speech from a model's probabilities for each 32 ms of audio. No I/O, no clock.

The model is not run on quiet audio outside of speech.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from parley.audio.g711 import BYTES_PER_MS, DECODE, bytes_to_ms

CHUNK_MS = 32
_CHUNK_BYTES = CHUNK_MS * BYTES_PER_MS
_LINEAR = np.array(DECODE, dtype=np.float32) / 32768
_QUIET_PEAK = 0.004
"""On any telephone, a chunk whose loudest sample is below this (-48 dBFS) contains no speech."""
_FADED_RATIO = 0.05
"""The model reports speech for about 100 ms after it has ended; audio 26 dB below the loudest sample of the
speech counts as its end."""
_SURE, _LIKELY, _UNLIKELY = 0.8, 0.5, 0.35
_MIN_LIKELY_CHUNKS = 2
"""Two consecutive likely chunks start speech, or a single certain one."""
_MIN_SILENT_CHUNKS = 4
"""Four consecutive unlikely chunks (128 ms) end speech: longer than stop consonants, but shorter than any
provider needs for its final transcript, which must not wait for the detector."""
_PAUSE_MS = 2 * CHUNK_MS
"""Speech that has faded for this long may have ended, if the transcript agrees."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller started to speak."""

    at_ms: int
    """Call time of the start of speech."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller stopped speaking."""

    at_ms: int
    """Call time of the end of speech."""


SpeechChange = SpeechStarted | SpeechStopped


class Detector(Protocol):
    """A model that detects speech."""

    def __call__(self, chunk: bytes) -> float:
        """Return the probability of speech in 32 ms of mu-law audio."""


class VoiceActivity:
    """Speech detection on the audio of one caller."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._remainder = b""
        self._speaking = False
        self._likely_since_ms: int | None = None
        self._likely = 0
        self._silent = _MIN_SILENT_CHUNKS
        self._speech_end_ms = 0
        self._processed_until_ms = 0
        self._loudest = 0.0
        self._tail_peak = 0.0

    @property
    def speaking(self) -> bool:
        """Whether speech is in progress."""
        return self._speaking

    @property
    def speech_end_ms(self) -> int:
        """The call time of the end of the latest speech so far; 0 before any."""
        return self._speech_end_ms

    @property
    def paused(self) -> bool:
        """Whether speech has faded for 64 ms; the model has not confirmed its end yet."""
        return self._speaking and self._processed_until_ms - self._speech_end_ms >= _PAUSE_MS

    def force_stop(self) -> list[SpeechChange]:
        """Stop speech because the turn has ended; its fading tail does not start speech again."""
        if not self._speaking:
            return []
        self._tail_peak = self._loudest * _FADED_RATIO
        return [self._stop()]

    def audio_stopped(self) -> list[SpeechChange]:
        """Stop speech because the stream ended, so that no audio follows."""
        return [self._stop()] if self._speaking else []

    def push_audio(self, mulaw: bytes, at_ms: int) -> list[SpeechChange]:
        """Process audio that begins at call time `at_ms` and continues the previous audio."""
        chunk_at_ms = at_ms - round(bytes_to_ms(len(self._remainder)))
        audio = self._remainder + mulaw
        changes: list[SpeechChange] = []
        position = 0
        while position + _CHUNK_BYTES <= len(audio):
            change = self._process_chunk(audio[position : position + _CHUNK_BYTES], chunk_at_ms)
            if change is not None:
                changes.append(change)
            position += _CHUNK_BYTES
            chunk_at_ms += CHUNK_MS
        self._remainder = audio[position:]
        return changes

    def _process_chunk(self, chunk: bytes, at_ms: int) -> SpeechChange | None:
        peak = float(np.abs(_LINEAR[np.frombuffer(chunk, dtype=np.uint8)]).max())
        probability = self._probability(chunk, peak)
        self._processed_until_ms = at_ms + CHUNK_MS
        if self._is_tail(probability, peak):
            return None
        if probability >= _LIKELY:
            self._likely += 1
            self._silent = 0
            self._loudest = max(self._loudest, peak)
            if peak >= self._loudest * _FADED_RATIO:
                self._speech_end_ms = at_ms + CHUNK_MS
            if self._likely_since_ms is None:
                self._likely_since_ms = at_ms
            if not self._speaking and (probability >= _SURE or self._likely >= _MIN_LIKELY_CHUNKS):
                self._speaking = True
                return SpeechStarted(self._likely_since_ms)
            return None
        self._likely = 0
        if not self._speaking:
            self._likely_since_ms = None
        if probability < _UNLIKELY:
            self._silent += 1
        if self._speaking and self._silent >= _MIN_SILENT_CHUNKS:
            return self._stop()
        return None

    def _is_tail(self, probability: float, peak: float) -> bool:
        if probability < _UNLIKELY or peak >= self._tail_peak:
            self._tail_peak = 0.0
        return self._tail_peak > 0

    def _stop(self) -> SpeechStopped:
        self._speaking = False
        self._likely = 0
        self._likely_since_ms = None
        self._loudest = 0.0
        return SpeechStopped(self._speech_end_ms)

    def _probability(self, chunk: bytes, peak: float) -> float:
        idle = not self._speaking and self._silent >= _MIN_SILENT_CHUNKS and not self._likely
        if idle and peak < _QUIET_PEAK:
            return 0.0
        return self._detector(chunk)
