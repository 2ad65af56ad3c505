"""Buffered audio at its call time, without gaps."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import SILENCE
from services.stt.audio_buffer import AudioBuffer, AudioSpan


def frame(number: int) -> bytes:
    return bytes([number % 250]) * 160


@given(st.sets(st.integers(0, 40), min_size=1))
def test_each_frame_has_its_call_time_and_gaps_are_silent(numbers: set[int]) -> None:
    """This holds for any set of lost frames."""
    buffer = AudioBuffer(0)
    first = min(numbers)
    for number in sorted(numbers):
        buffer.add(frame(number), 1000 + number * 20)

    assert buffer.start_ms == 1000 + first * 20
    for number in range(first, max(numbers) + 1):
        [span] = buffer.since(1000 + number * 20)
        assert span.mulaw[:160] == (frame(number) if number in numbers else SILENCE * 160)


def test_audio_that_arrives_twice_is_added_once() -> None:
    """After a takeover, retransmitted audio overlaps with live audio."""
    buffer = AudioBuffer(0)
    buffer.add(frame(1), 1000)

    assert buffer.add(frame(1), 1000) == []
    assert buffer.add(frame(1)[:80] + frame(2)[:80], 1010) == [AudioSpan(1020, frame(2)[:80])]
    assert buffer.end_ms == 1030


def test_audio_with_a_final_transcript_is_discarded() -> None:
    """The rest can be resent."""
    buffer = AudioBuffer(0)
    for number in range(5):
        buffer.add(frame(number), 1000 + number * 20)
    buffer.discard_before(1040)

    assert buffer.since(0) == [AudioSpan(1040, frame(2) + frame(3) + frame(4))]
    assert buffer.start_ms == 1040


def test_a_long_gap_is_skipped_after_some_silence() -> None:
    """In the silence the provider detects the end of speech; later audio keeps its call time."""
    buffer = AudioBuffer(0)
    buffer.add(frame(1), 1000)

    assert buffer.add(frame(2), 61_000) == [AudioSpan(1020, SILENCE * 16_000), AudioSpan(61_000, frame(2))]
    assert buffer.since(1000)[-1] == AudioSpan(61_000, frame(2))
    assert buffer.end_ms == 61_020
    buffer.discard_before(61_010)
    assert buffer.since(0) == [AudioSpan(61_010, frame(2)[80:])]


def test_jitter_of_call_times_causes_no_gaps() -> None:
    """A frame a few milliseconds early or late continues the previous one."""
    buffer = AudioBuffer(0)
    for number, at_ms in enumerate((1000, 1023, 1038, 1061)):
        assert buffer.add(frame(number), at_ms) == [AudioSpan(1000 + number * 20, frame(number))]


def test_at_most_one_minute_is_buffered() -> None:
    """This limits a call without any transcript."""
    buffer = AudioBuffer(0)
    for number in range(3500):
        buffer.add(frame(number), 1000 + number * 20)

    assert buffer.end_ms - buffer.start_ms == 60_000
