"""Silence on a line that sends no audio while the caller is silent."""

import pytest

from services.stt.line_silence import LineSilence


def line(*frames: tuple[int, int]) -> LineSilence:
    """A line on which frames of 20 ms arrived: the times of their arrival and of their start."""
    silence = LineSilence()
    for arrived_ms, start_ms in frames:
        silence.received(arrived_ms, start_ms, start_ms + 20)
    return silence


@pytest.mark.parametrize(
    ("speaking", "waited_ms", "expected"),
    [(False, 980, 0), (False, 1000, 1000), (True, 2000, 0), (True, 2200, 2200)],
)
def test_a_line_of_which_nothing_is_recorded_gets_time(speaking: bool, waited_ms: int, expected: int) -> None:
    """The network may be frozen, most likely so within speech."""
    assert line((1000, 980)).silence_ms(1000 + waited_ms, speaking=speaking) == expected


def test_a_line_that_has_suppressed_silence_does_so_again() -> None:
    """Its audio had a gap in call time."""
    silence = line((1000, 980), (2000, 1980))

    assert silence.silence_ms(2180, speaking=True) == 0
    assert silence.silence_ms(2200, speaking=True) == 200


def test_a_frozen_line_does_not_suppress_silence() -> None:
    """Its audio continued where it had stopped."""
    silence = line((1000, 980), (2000, 1980), (5000, 2000), (5001, 2020))

    assert silence.silence_ms(5400, speaking=False) == 0


def test_nothing_is_measured_before_the_line_is_watched_or_after_it_ended() -> None:
    """A takeover reads stored audio first; audio that was lost between the services does not count."""
    silence = LineSilence()
    assert silence.silence_ms(9000, speaking=False) == 0
    silence.watch(9000)
    assert silence.silence_ms(10_000, speaking=False) == 1000
    silence.restart(10_000)
    assert silence.silence_ms(10_500, speaking=False) == 0
    silence.stop()
    assert silence.silence_ms(20_000, speaking=False) == 0
