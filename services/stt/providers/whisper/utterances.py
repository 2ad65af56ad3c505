"""Divides a caller's audio into utterances for a model that transcribes whole pieces. No I/O, no clock."""

from dataclasses import dataclass, field

import numpy as np

from parley.audio.g711 import BYTES_PER_MS, DECODE, FRAME_BYTES, bytes_to_ms, ms_to_bytes
from services.stt.speech_probability import Detector
from services.stt.voice_activity import SpeechStarted, VoiceActivity

_LEAD_IN_MS = 300
"""Audio kept before speech: the detector reports it late, and the model needs it for the first word."""
_CUT_AT_PAUSE_MS = 8000
"""An utterance of this length ends at the next short pause, so that the work does not grow with it."""
_MAX_MS = 14_000
_MIN_CUT_MS = 9000
"""Without a pause it ends at its quietest place after 9 s."""
_CUT_BLOCK_MS = 40
_GAP_MS = 40
"""Audio that begins this much later than expected does not continue the audio before it."""
_SQUARES = np.array(DECODE, dtype=np.float64) ** 2


@dataclass(slots=True)
class Utterance:
    """A piece of the caller's audio that contains speech."""

    start_ms: int
    """Call time of its first sample."""
    audio: bytearray = field(default_factory=bytearray)
    speech_ms: int = 0
    """Duration of the audio in which the detector reports speech."""
    speech_end_ms: int = 0
    """Call time of the end of its speech so far."""
    complete: bool = False
    """Whether no audio follows that belongs to it."""
    after_pause: bool = True
    """Whether it ends because the caller paused; otherwise it was cut because of its length."""

    @property
    def end_ms(self) -> int:
        """Call time of the end of its audio."""
        return self.start_ms + int(bytes_to_ms(len(self.audio)))


class Utterances:
    """The utterances of one connection, in order."""

    def __init__(self, detector: Detector, silence_ms: int) -> None:
        """Create the list; an utterance ends after `silence_ms` without speech."""
        self._vad = VoiceActivity(detector)
        self._silence_ms = silence_ms
        self._lead_in = bytearray()
        self.end_ms = 0
        """Call time of the end of the audio."""
        self.started = False
        """Whether any audio has been added."""
        self.waiting: list[Utterance] = []
        """Utterances that are complete, the oldest first."""
        self.current: Utterance | None = None
        """The utterance to which the next audio may belong."""

    @property
    def silent_since_ms(self) -> int | None:
        """Call time before which all speech is in an utterance that was taken; None while there is more."""
        if self.current is not None or self.waiting or not self.started:
            return None
        return self.end_ms - int(bytes_to_ms(len(self._lead_in)))

    def push(self, mulaw: bytes, at_ms: int) -> None:
        """Add audio that begins at a call time."""
        if self.started and abs(at_ms - self.end_ms) > _GAP_MS:
            self._vad.audio_stopped()
            self.complete_current()
            self._lead_in.clear()
        self.started = True
        for begin in range(0, len(mulaw), FRAME_BYTES):
            self._push_frame(mulaw[begin : begin + FRAME_BYTES], at_ms + begin // BYTES_PER_MS)

    def complete_current(self) -> None:
        """End the current utterance without waiting for silence; speech in progress begins another one."""
        if self.current is not None:
            self.current.complete = True
            self.waiting.append(self.current)
            # The detector reports only the beginning of speech, so that the rest of it would be lost.
            self.current = Utterance(self.end_ms) if self._vad.speaking else None

    def _push_frame(self, mulaw: bytes, at_ms: int) -> None:
        changes = self._vad.push_audio(mulaw, at_ms)
        self.end_ms = at_ms + int(bytes_to_ms(len(mulaw)))
        if self.current is None:
            self._lead_in += mulaw
            if any(isinstance(change, SpeechStarted) for change in changes):
                start_ms = self.end_ms - int(bytes_to_ms(len(self._lead_in)))
                self.current = Utterance(start_ms, bytearray(self._lead_in))
                self._lead_in.clear()
            else:
                del self._lead_in[: -ms_to_bytes(_LEAD_IN_MS)]
        else:
            self.current.audio += mulaw
        self._update(mulaw)

    def _update(self, mulaw: bytes) -> None:
        current = self.current
        if current is None:
            return
        current.speech_end_ms = max(current.speech_end_ms, self._vad.speech_end_ms)
        if self._vad.speaking:
            current.speech_ms += int(bytes_to_ms(len(mulaw)))
        elif self.end_ms - current.speech_end_ms >= self._silence_ms:
            self.complete_current()
            return
        duration_ms = current.end_ms - current.start_ms
        if duration_ms >= _MAX_MS:
            self._cut(current, _quietest_ms(current.audio, _MIN_CUT_MS))
        elif duration_ms >= _CUT_AT_PAUSE_MS and self._vad.paused:
            self._cut(current, duration_ms)

    def _cut(self, utterance: Utterance, at_ms: int) -> None:
        """Complete an utterance at a position in it; the rest begins another one."""
        at = at_ms * BYTES_PER_MS
        rest = utterance.audio[at:]
        del utterance.audio[at:]
        utterance.after_pause = False
        speech_end_ms = utterance.speech_end_ms
        utterance.speech_end_ms = min(speech_end_ms, utterance.end_ms)
        self.complete_current()
        self.current = Utterance(utterance.end_ms, rest, speech_end_ms=speech_end_ms)
        if len(rest) and self._vad.speaking:
            self.current.speech_ms = int(bytes_to_ms(len(rest)))


def _quietest_ms(mulaw: bytes | bytearray, from_ms: int) -> int:
    """Position of the middle of the quietest block after `from_ms`."""
    block = _CUT_BLOCK_MS * BYTES_PER_MS
    powers = _SQUARES[np.frombuffer(bytes(mulaw[from_ms * BYTES_PER_MS :]), dtype=np.uint8)]
    count = powers.size // block
    quietest = int(powers[: count * block].reshape(count, block).mean(axis=1).argmin())
    return from_ms + quietest * _CUT_BLOCK_MS + _CUT_BLOCK_MS // 2
