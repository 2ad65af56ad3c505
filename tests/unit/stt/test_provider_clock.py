"""Conversion of a provider's times to call times."""

import pytest

from services.stt.provider_clock import ProviderClock


def test_time_zero_is_the_call_time_of_the_first_audio() -> None:
    """A connection may be opened in the middle of a call."""
    clock = ProviderClock()
    clock.audio_sent(1600, 5000)

    assert clock.to_call_ms(0) == 5000
    assert clock.to_call_ms(150) == 5150


def test_a_gap_in_the_audio_shifts_later_times() -> None:
    """A gap of 10 s after 200 ms of audio is added to later times."""
    clock = ProviderClock()
    clock.audio_sent(1600, 1000)
    clock.audio_sent(1600, 11_200)

    assert clock.to_call_ms(100) == 1100
    assert clock.to_call_ms(250) == 11_250


def test_padding_does_not_shift_times() -> None:
    """Silence that keeps a connection open has no call time."""
    clock = ProviderClock()
    clock.audio_sent(1600, 1000)
    clock.padding_sent(640)
    clock.audio_sent(1600, 1200)

    assert clock.to_call_ms(240) == 1200
    assert clock.to_call_ms(280) == 1200
    assert clock.to_call_ms(300) == 1220


@pytest.mark.parametrize(
    ("position_ms", "expected"),
    [(float("nan"), 5200), (float("inf"), 5200), (1e300, 5200), (-1e300, 5000), (-5, 5000), (900, 5200)],
)
def test_positions_outside_the_audio_are_limited_to_it(position_ms: float, expected: int) -> None:
    """Audio that was not sent cannot have been transcribed."""
    clock = ProviderClock()
    clock.audio_sent(1600, 5000)

    assert clock.to_call_ms(position_ms) == expected


def test_padding_at_the_end_has_no_call_time() -> None:
    """A position in it is the end of the audio: what follows has not been sent."""
    clock = ProviderClock()
    clock.audio_sent(800, 5000)
    clock.padding_sent(1600)

    assert clock.end_ms == 5100
    assert [clock.to_call_ms(ms) for ms in (50, 100, 250, float("inf"))] == [5050, 5100, 5100, 5100]
