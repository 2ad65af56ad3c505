"""Detects the start and the end of speech from a model's probabilities and the level of the audio.

No I/O, no clock.
"""

from dataclasses import dataclass

from parley.audio.g711 import bytes_to_ms
from services.stt.audio_level import BLOCK_MS, AudioLevel
from services.stt.pre_emphasis import PreEmphasis
from services.stt.speech_probability import FRAME_BYTES, FRAME_MS, Detector, SpeechProbability

_SURE, _LIKELY, _UNLIKELY = 0.9, 0.5, 0.35
_MIN_LIKELY_FRAMES = 3
"""Three consecutive likely frames start speech, or a single sure one."""
_POSSIBLE = 0.25
"""The model finds no speech in a fricative, so a possible vowel after one starts speech: 20 ms earlier."""
_MAY_BE_SPEECH = 0.1
_ONSET_PEAK_MS = 60
_FADED_RATIO = 10**-2.6
"""The model reports speech for about 100 ms after it has ended; audio 26 dB below the loudest part of the
speech may be its end."""
_PAUSE_MS = 64
"""Speech that has faded for this long may have ended, if the transcript agrees."""
_UNLIKELY_MS = 128
"""Speech that is unlikely for this long has ended: longer than stop consonants, but shorter than any
provider needs for its final transcript, which must not wait for the detector."""
_QUIET_MS = 160
"""Speech that has been quiet for this long has ended, as soon as the model finds it unlikely."""
_TAIL_MS, _TAIL_GAP_MS = 160, 100
"""A weak consonant at the end of a word, in which the model finds no speech, is as long as this at most, and
follows the speech without a longer gap: the closure before a final "t"."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller started to speak."""

    at_ms: int
    """Call time of the start of speech, up to 250 ms before it was detected."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller stopped speaking."""

    at_ms: int
    """Call time of the end of speech, about 160 ms before it was detected."""


SpeechChange = SpeechStarted | SpeechStopped


class VoiceActivity:
    """Speech detection on the audio of one caller."""

    def __init__(self, detector: Detector) -> None:
        self._model = SpeechProbability(detector)
        self._level = AudioLevel()
        self._emphasis = PreEmphasis()
        self._remainder = b""
        self._speaking = False
        self._started_ms = 0
        self._likely_frames = 0
        self._likely_until_ms = 0
        self._loudest = 0.0
        self._loudest_emphasized = 0.0
        self._tail_level = 0.0
        self._speech_end_ms = 0
        self._faded_since_ms = 0
        self._processed_until_ms = 0

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
        return self._speaking and self._processed_until_ms - self._faded_since_ms >= _PAUSE_MS

    def force_stop(self) -> list[SpeechChange]:
        """Stop speech because the turn has ended; its fading tail does not start speech again."""
        if not self._speaking:
            return []
        self._tail_level = self._loudest * _FADED_RATIO
        return [self._stop()]

    def audio_stopped(self) -> list[SpeechChange]:
        """Stop speech because the stream ended, so that no audio follows."""
        return [self._stop()] if self._speaking else []

    def push_audio(self, mulaw: bytes, at_ms: int) -> list[SpeechChange]:
        """Process audio that begins at call time `at_ms` and continues the previous audio."""
        frame_at_ms = at_ms - round(bytes_to_ms(len(self._remainder)))
        audio = self._remainder + mulaw
        changes: list[SpeechChange] = []
        position = 0
        while position + FRAME_BYTES <= len(audio):
            change = self._process_frame(audio[position : position + FRAME_BYTES], frame_at_ms)
            if change is not None:
                changes.append(change)
            position += FRAME_BYTES
            frame_at_ms += FRAME_MS
        self._remainder = audio[position:]
        return changes

    def _process_frame(self, frame: bytes, at_ms: int) -> SpeechChange | None:
        blocks = self._level.add(frame)
        audible = self._level.is_above_noise
        self._emphasis.add(frame, blocks, audible=audible)
        probability = self._model.update(frame, audible=audible, speaking=self._speaking)
        self._level.update_floor(may_be_speech=probability >= _MAY_BE_SPEECH)
        self._processed_until_ms = at_ms + FRAME_MS
        if self._is_tail(probability):
            return None
        started = None if self._speaking else self._start(probability)
        if self._speaking:
            self._measure(blocks, at_ms, probability)
            if started is None and self._has_ended(probability):
                return self._stop()
        return started

    def _is_tail(self, probability: float) -> bool:
        if self._tail_level and (probability < _UNLIKELY or self._level.peak(FRAME_MS) >= self._tail_level):
            self._tail_level = 0.0
        return self._tail_level > 0

    def _start(self, probability: float) -> SpeechStarted | None:
        self._likely_frames = self._likely_frames + 1 if probability >= _LIKELY else 0
        is_onset = probability >= _POSSIBLE and self._emphasis.vowel_after_fricative
        if probability < _SURE and self._likely_frames < _MIN_LIKELY_FRAMES and not is_onset:
            return None
        self._speaking, self._likely_frames = True, 0
        onset_ms = self._processed_until_ms - max(FRAME_MS, self._level.onset_age_ms(_ONSET_PEAK_MS))
        # Speech starts after the end of the speech before it, so that their events stay in order.
        self._started_ms = max(onset_ms, self._speech_end_ms + 1, 0)
        self._speech_end_ms = self._faded_since_ms = self._likely_until_ms = self._processed_until_ms
        return SpeechStarted(self._started_ms)

    def _measure(self, blocks: list[float], at_ms: int, probability: float) -> None:
        """Advance the end of the speech to the last block that belongs to it."""
        likely = probability >= _UNLIKELY
        if likely:
            self._likely_until_ms = self._processed_until_ms
            self._loudest = max(self._loudest, self._level.peak(FRAME_MS + BLOCK_MS))
            self._loudest_emphasized = max(self._loudest_emphasized, *self._emphasis.blocks, 0.0)
        edge = self._level.edge(self._loudest)
        emphasized_edge = self._level.emphasized_edge(self._loudest_emphasized)
        emphasized = self._emphasis.blocks or [0.0] * len(blocks)
        for number, (power, emphasized_power) in enumerate(zip(blocks, emphasized, strict=True), 1):
            end_ms = at_ms + number * BLOCK_MS
            is_tail = (
                end_ms - self._speech_end_ms <= _TAIL_GAP_MS and end_ms - self._likely_until_ms <= _TAIL_MS
            )
            is_loud = power > edge or emphasized_power > emphasized_edge
            if is_loud and (likely or is_tail):
                self._speech_end_ms = max(end_ms, self._speech_end_ms)
            if power > self._loudest * _FADED_RATIO and probability >= _LIKELY:
                self._faded_since_ms = end_ms

    def _has_ended(self, probability: float) -> bool:
        now_ms = self._processed_until_ms
        quiet = now_ms - self._speech_end_ms >= _QUIET_MS and probability < _UNLIKELY
        return quiet or now_ms - self._likely_until_ms >= _UNLIKELY_MS

    def _stop(self) -> SpeechStopped:
        self._speaking = False
        self._loudest = self._loudest_emphasized = 0.0
        return SpeechStopped(self._speech_end_ms)
