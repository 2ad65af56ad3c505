"""What a second ear remembers."""

from services.edge.second_ear import EarMemory
from services.edge.timed_frames import Frame


def test_what_was_said_since_is_given_in_order() -> None:
    """And nothing of before."""
    memory = EarMemory()
    for at_ms in range(0, 1000, 20):
        memory.add(Frame(at_ms, bytes([at_ms // 20]) * 160))

    missed = memory.since(900)

    assert [audio.at_ms for audio in missed.frames] == [900, 920, 940, 960, 980]
    assert missed.frames[0].mulaw == bytes([45]) * 160


def test_a_long_call_is_not_kept() -> None:
    """Twelve seconds are enough for a call that changes its edge."""
    memory = EarMemory()
    for at_ms in range(0, 60_000, 20):
        memory.add(Frame(at_ms, bytes(160)))

    assert memory.since(0).frames[0].at_ms >= 47_900
