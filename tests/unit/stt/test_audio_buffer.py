"""Sound without holes, so that positions are times."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import SILENCE
from services.stt.audio_buffer import AudioBuffer, AudioSpan


def frame(number: int) -> bytes:
    return bytes([number % 250]) * 160


@given(st.sets(st.integers(0, 40), min_size=1))
def test_every_frame_lies_at_its_time_and_holes_are_silent(numbers: set[int]) -> None:
    """Whichever frames are lost."""
    buffer = AudioBuffer(0)
    first = min(numbers)
    for number in sorted(numbers):
        buffer.add(frame(number), 1000 + number * 20)

    assert buffer.start_ms == 1000 + first * 20
    for number in range(first, max(numbers) + 1):
        [sound] = buffer.since(1000 + number * 20)
        assert sound.mulaw[:160] == (frame(number) if number in numbers else SILENCE * 160)


def test_what_comes_twice_counts_once() -> None:
    """A successor's catch-up overlaps what comes live."""
    buffer = AudioBuffer(0)
    buffer.add(frame(1), 1000)

    assert buffer.add(frame(1), 1000) == []
    assert buffer.add(frame(1)[:80] + frame(2)[:80], 1010) == [AudioSpan(1020, frame(2)[:80])]
    assert buffer.end_ms == 1030


def test_what_was_finally_heard_is_forgotten() -> None:
    """The rest can be sent again."""
    buffer = AudioBuffer(0)
    for number in range(5):
        buffer.add(frame(number), 1000 + number * 20)
    buffer.discard_before(1040)

    assert buffer.since(0) == [AudioSpan(1040, frame(2) + frame(3) + frame(4))]
    assert buffer.start_ms == 1040


def test_a_long_hole_is_leapt_over() -> None:
    """Some silence stands for it, so that the provider sees an end; what follows keeps its time."""
    buffer = AudioBuffer(0)
    buffer.add(frame(1), 1000)

    assert buffer.add(frame(2), 61_000) == [AudioSpan(1020, SILENCE * 16_000), AudioSpan(61_000, frame(2))]
    assert buffer.since(1000)[-1] == AudioSpan(61_000, frame(2))
    assert buffer.end_ms == 61_020
    buffer.discard_before(61_010)
    assert buffer.since(0) == [AudioSpan(61_010, frame(2)[80:])]


def test_a_wobbling_clock_makes_no_holes() -> None:
    """A frame a few milliseconds early or late follows on."""
    buffer = AudioBuffer(0)
    for number, at_ms in enumerate((1000, 1023, 1038, 1061)):
        assert buffer.add(frame(number), at_ms) == [AudioSpan(1000 + number * 20, frame(number))]


def test_a_long_call_does_not_grow_for_ever() -> None:
    """A minute is kept at the most."""
    buffer = AudioBuffer(0)
    for number in range(3500):
        buffer.add(frame(number), 1000 + number * 20)

    assert buffer.end_ms - buffer.start_ms == 60_000
