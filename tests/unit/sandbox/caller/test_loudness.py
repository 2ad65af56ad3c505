"""Sound or silence, frame by frame."""

from parley.mulaw import ENCODE, FRAME_BYTES, SILENCE
from sandbox.caller.loudness import SILENT_FRAME, is_voiced, voiced_bounds
from sandbox.caller.speech_detector import Segment, SpeechDetector

LOUD = bytes([ENCODE[4000]]) * FRAME_BYTES


def test_silence_is_not_voiced_whichever_zero_it_is_made_of() -> None:
    """Mu-law has two zeros; an empty frame is silence too."""
    assert not is_voiced(SILENT_FRAME)
    assert not is_voiced(b"\x7f" * FRAME_BYTES)
    assert not is_voiced(b"")


def test_a_lines_hiss_is_silence_and_a_soft_voice_is_not() -> None:
    """The border lies between -50 and -40 dBFS."""
    assert not is_voiced(bytes([ENCODE[100]]) * FRAME_BYTES)
    assert is_voiced(bytes([ENCODE[330]]) * FRAME_BYTES)
    assert is_voiced(LOUD)


def test_bounds_are_those_of_the_voiced_frames() -> None:
    """A last frame that is cut short counts no longer than it is."""
    assert voiced_bounds(SILENT_FRAME * 3) == (0, 0)
    assert voiced_bounds(SILENT_FRAME + LOUD * 2 + SILENT_FRAME) == (160, 480)
    assert voiced_bounds(SILENT_FRAME + LOUD[:50]) == (160, 210)


def test_a_pause_within_speech_does_not_part_it() -> None:
    """Half a second does; the end is where the sound ended, not where that was noticed."""
    hearing = SpeechDetector()
    frames = [SILENT_FRAME] * 5 + [LOUD] * 5 + [SILENT_FRAME] * 15 + [LOUD] * 5 + [SILENCE * 160] * 25
    began = [hearing.process(frame)[0] for frame in frames]

    assert [at for at, it in enumerate(began) if it] == [5]
    assert hearing.segments == [Segment(100, 600)]
    assert hearing.speech_started_ms is None
