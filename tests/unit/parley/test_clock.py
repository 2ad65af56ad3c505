"""Call time and wall-clock time are converted into each other."""

import time

from parley.clock import CallClock, now_us


def test_call_time_counts_from_the_start_of_the_call() -> None:
    """It is in whole milliseconds, and 0 before the start."""
    clock = CallClock(1_000_000)
    assert clock.ms_at(1_000_000) == 0
    assert clock.ms_at(1_001_999) == 1
    assert clock.ms_at(999_000) == 0


def test_a_call_time_has_one_wall_clock_moment() -> None:
    """Converting it back gives the same call time."""
    clock = CallClock(1_000_000)
    assert clock.us_at(250) == 1_250_000
    assert clock.ms_at(clock.us_at(250)) == 250


def test_now_is_the_system_clock_in_microseconds() -> None:
    """It is the number of microseconds since 1970."""
    before_s = time.time()
    assert before_s - 1 < now_us() / 1e6 < time.time() + 1
