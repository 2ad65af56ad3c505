"""Is there a voice? The model's answer for each 32 ms, made steady. No I/O; time is the sound's own.

Where the line is quiet and nobody spoke just now the model is not asked.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from parley.audio.g711 import DECODE, bytes_to_ms

CHUNK_MS = 32
_CHUNK_BYTES = CHUNK_MS * 8
_LINEAR = np.array(DECODE, dtype=np.float32) / 32768
_QUIET_PEAK = 0.004
"""Loudest sample (-48 dBFS) of a chunk that holds no voice on any telephone."""
_FADED_RATIO = 0.05
"""The model goes on hearing a voice for some 100 ms after it has ended; what is 26 dB below the loudest sound
of the speech is its end."""
_SURE, _LIKELY, _UNLIKELY = 0.8, 0.5, 0.35
_LIKELY_CHUNKS = 2
"""So many likely chunks in a row are a voice; a sure one is by itself."""
_SILENT_CHUNKS = 4
"""So many unlikely chunks in a row, 128 ms, end it: longer than the stops within words, shorter than any
provider takes to its final transcript, which must not wait for us."""
_PAUSE_MS = 2 * CHUNK_MS
"""A voice that has faded for so long may be over, if the words say so too."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller begins; call time of the first voiced sound."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller pauses; call time of the end of the last voiced sound."""

    at_ms: int


SpeechChange = SpeechStarted | SpeechStopped


class Detector(Protocol):
    """The model."""

    def __call__(self, chunk: bytes) -> float:
        """Probability of a voice in 32 ms of mu-law."""


class VoiceActivity:
    """Follows one caller's voice."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._remainder = b""
        self._speaking = False
        self._likely_since_ms: int | None = None
        self._likely = 0
        self._silent = _SILENT_CHUNKS
        self._speech_end_ms = 0
        self._processed_until_ms = 0
        self._loudest = 0.0
        self._tail_peak = 0.0

    @property
    def speaking(self) -> bool:
        """Whether a voice is heard."""
        return self._speaking

    @property
    def speech_end_ms(self) -> int:
        """Call time up to which the latest voice was heard; 0 for none yet."""
        return self._speech_end_ms

    @property
    def paused(self) -> bool:
        """Whether the voice in hand has faded for a moment; the model is not sure of its end yet."""
        return self._speaking and self._processed_until_ms - self._speech_end_ms >= _PAUSE_MS

    def force_stop(self) -> list[SpeechChange]:
        """The words say that the voice is over; what the model still hears of it is no new one."""
        if not self._speaking:
            return []
        self._tail_peak = self._loudest * _FADED_RATIO
        return [self._stop()]

    def resume(self, until_ms: int) -> None:
        """After a takeover: a voice was heard up to here, its end was not."""
        self._speaking = True
        self._silent = 0
        self._speech_end_ms = until_ms

    def audio_stopped(self) -> list[SpeechChange]:
        """No sound comes any more, not even silence: neither does a voice."""
        return [self._stop()] if self._speaking else []

    def push_audio(self, mulaw: bytes, at_ms: int) -> list[SpeechChange]:
        """Sound that begins at `at_ms` (call time) and follows on what came before."""
        chunk_at_ms = at_ms - round(bytes_to_ms(len(self._remainder)))
        sound = self._remainder + mulaw
        changes: list[SpeechChange] = []
        position = 0
        while position + _CHUNK_BYTES <= len(sound):
            change = self._process_chunk(sound[position : position + _CHUNK_BYTES], chunk_at_ms)
            if change is not None:
                changes.append(change)
            position += _CHUNK_BYTES
            chunk_at_ms += CHUNK_MS
        self._remainder = sound[position:]
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
            if not self._speaking and (probability >= _SURE or self._likely >= _LIKELY_CHUNKS):
                self._speaking = True
                return SpeechStarted(self._likely_since_ms)
            return None
        self._likely = 0
        if not self._speaking:
            self._likely_since_ms = None
        if probability < _UNLIKELY:
            self._silent += 1
        if self._speaking and self._silent >= _SILENT_CHUNKS:
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
        idle = not self._speaking and self._silent >= _SILENT_CHUNKS and not self._likely
        if idle and peak < _QUIET_PEAK:
            return 0.0
        return self._detector(chunk)
