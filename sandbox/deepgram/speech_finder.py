"""Where somebody speaks in a stream of sound: by loudness, 20 ms at a time. No I/O, no clock."""

from dataclasses import dataclass

from parley.mulaw import FRAME_BYTES, FRAME_MS, ms_of
from sandbox.caller.loudness import is_voiced

_LEAD_MS = 200
"""Kept of the silence before a voice, which a recogniser needs to begin well."""


@dataclass(slots=True)
class Speech:
    """A stretch of speech: its sound from shortly before the voice on, and where it lies in the stream."""

    start_ms: float
    voice_start_ms: float
    voice_end_ms: float
    sound: bytearray


class SpeechFinder:
    """Follows one stream."""

    def __init__(self) -> None:
        self.heard_ms = 0.0
        """Length of the sound so far."""
        self.speech: Speech | None = None
        """The stretch in hand, until `take` takes it."""
        self._rest = b""
        self._lead = bytearray()

    @property
    def silent_ms(self) -> float:
        """Since the voice in hand ended; 0 while there is none in hand."""
        return self.heard_ms - self.speech.voice_end_ms if self.speech else 0.0

    def hear(self, sound: bytes) -> bool:
        """Take sound; True when somebody was speaking in it."""
        voiced = False
        data = self._rest + sound
        for at in range(0, len(data) - FRAME_BYTES + 1, FRAME_BYTES):
            voiced = self._frame(data[at : at + FRAME_BYTES]) or voiced
        self._rest = data[len(data) - len(data) % FRAME_BYTES :]
        return voiced

    def _frame(self, frame: bytes) -> bool:
        start_ms = self.heard_ms
        self.heard_ms += FRAME_MS
        voiced = is_voiced(frame)
        if self.speech is not None:
            self.speech.sound += frame
        elif voiced:
            lead_ms = ms_of(len(self._lead))
            self.speech = Speech(start_ms - lead_ms, start_ms, self.heard_ms, self._lead + frame)
            self._lead = bytearray()
        else:
            self._lead += frame
            del self._lead[: max(0, len(self._lead) - _LEAD_MS * 8)]
        if voiced and self.speech is not None:
            self.speech.voice_end_ms = self.heard_ms
        return voiced

    def cut(self) -> Speech | None:
        """The stretch in hand so far; the voice goes on in a new one."""
        speech = self.speech
        if speech is not None:
            self.speech = Speech(self.heard_ms, self.heard_ms, self.heard_ms, bytearray())
        return speech

    def take(self) -> Speech | None:
        """The stretch in hand is done with."""
        speech, self.speech = self.speech, None
        return speech
