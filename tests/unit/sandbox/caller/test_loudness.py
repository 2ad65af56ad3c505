"""Classification of frames as audible or silent."""

from parley.audio.g711 import ENCODE, FRAME_BYTES
from sandbox.caller.loudness import SILENT_FRAME, audible_bounds, is_audible

LOUD = bytes([ENCODE[4000]]) * FRAME_BYTES


def test_silence_is_not_audible() -> None:
    """Mu-law has two zeros; an empty frame is silent too."""
    assert not is_audible(SILENT_FRAME)
    assert not is_audible(b"\x7f" * FRAME_BYTES)
    assert not is_audible(b"")


def test_the_threshold_is_above_hiss_and_below_soft_speech() -> None:
    """The threshold is between -50 and -40 dBFS."""
    assert not is_audible(bytes([ENCODE[100]]) * FRAME_BYTES)
    assert is_audible(bytes([ENCODE[330]]) * FRAME_BYTES)
    assert is_audible(LOUD)


def test_bounds_are_those_of_the_audible_frames() -> None:
    """A truncated last frame counts with its own length."""
    assert audible_bounds(SILENT_FRAME * 3) == (0, 0)
    assert audible_bounds(SILENT_FRAME + LOUD * 2 + SILENT_FRAME) == (160, 480)
    assert audible_bounds(SILENT_FRAME + LOUD[:50]) == (160, 210)
