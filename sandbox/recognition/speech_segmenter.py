"""Splits an audio stream into speech segments by loudness, 20 ms at a time. No I/O, no clock."""

from dataclasses import dataclass

from parley.audio.g711 import FRAME_BYTES, FRAME_MS, bytes_to_ms
from sandbox.caller.loudness import is_audible

_LEAD_IN_MS = 200
"""Silence kept before speech; the recogniser needs it to get the first word right."""


@dataclass(slots=True)
class SpeechSegment:
    """A stretch of speech with its audio, lead-in included, and its position in the stream."""

    start_ms: float
    """Start of the audio."""
    speech_start_ms: float
    speech_end_ms: float
    audio: bytearray


class SpeechSegmenter:
    """Tracks the current speech segment of one audio stream."""

    def __init__(self) -> None:
        self.audio_ms = 0.0
        """Length of the stream so far."""
        self.segment: SpeechSegment | None = None
        """The current segment, until `take` removes it."""
        self._partial_frame = b""
        self._lead_in = bytearray()

    @property
    def silence_ms(self) -> float:
        """Silence since the last speech of the current segment; 0 without a segment."""
        return self.audio_ms - self.segment.speech_end_ms if self.segment else 0.0

    def push(self, audio: bytes) -> bool:
        """Append audio; returns True if there was speech in it."""
        has_speech = False
        data = self._partial_frame + audio
        for at in range(0, len(data) - FRAME_BYTES + 1, FRAME_BYTES):
            has_speech = self._push_frame(data[at : at + FRAME_BYTES]) or has_speech
        self._partial_frame = data[len(data) - len(data) % FRAME_BYTES :]
        return has_speech

    def _push_frame(self, frame: bytes) -> bool:
        start_ms = self.audio_ms
        self.audio_ms += FRAME_MS
        has_speech = is_audible(frame)
        if self.segment is not None:
            self.segment.audio += frame
        elif has_speech:
            lead_in_ms = bytes_to_ms(len(self._lead_in))
            self.segment = SpeechSegment(
                start_ms - lead_in_ms, start_ms, self.audio_ms, self._lead_in + frame
            )
            self._lead_in = bytearray()
        else:
            self._lead_in += frame
            del self._lead_in[: max(0, len(self._lead_in) - _LEAD_IN_MS * 8)]
        if has_speech and self.segment is not None:
            self.segment.speech_end_ms = self.audio_ms
        return has_speech

    def split(self) -> SpeechSegment | None:
        """Return the current segment so far; speech continues in a new one."""
        segment = self.segment
        if segment is not None:
            self.segment = SpeechSegment(self.audio_ms, self.audio_ms, self.audio_ms, bytearray())
        return segment

    def take(self) -> SpeechSegment | None:
        """Return and remove the current segment."""
        segment, self.segment = self.segment, None
        return segment
