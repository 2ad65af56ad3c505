"""Detection of the agent's speech."""

from parley.audio.g711 import ENCODE, FRAME_BYTES, SILENCE
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.speech_detector import Segment, SpeechDetector

LOUD = bytes([ENCODE[4000]]) * FRAME_BYTES


def test_a_short_pause_does_not_split_a_segment() -> None:
    """A pause of half a second does; the segment ends with its last audible frame."""
    detector = SpeechDetector()
    frames = [SILENT_FRAME] * 5 + [LOUD] * 5 + [SILENT_FRAME] * 15 + [LOUD] * 5 + [SILENCE * 160] * 25
    started = [detector.process(frame)[0] for frame in frames]

    assert [index for index, value in enumerate(started) if value] == [5]
    assert detector.segments == [Segment(100, 600)]
    assert detector.speech_started_ms is None
