"""A stream's timestamps as call time."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from parley.audio.g711 import FRAME_MS
from services.edge.inbound.stream_clock import StreamClock

SILENT, LOUD = b"\xff" * 160, b"\x20" * 160


def hear(
    clock: StreamClock,
    frames: range,
    arrives_ms: Callable[[int], float],
    sound: Callable[[int], bytes] = lambda _: SILENT,
) -> list[int]:
    """Call times of frames, the first of which says 70 ms."""
    times = []
    for n in frames:
        timestamp_ms = 70 + n * FRAME_MS
        clock.observe(timestamp_ms + FRAME_MS, round(arrives_ms(n)))
        times.append(clock.to_call_ms(timestamp_ms, sound(n)))
    return times


def on_time(n: int) -> float:
    """A frame that is complete at once when spoken; the stream began at 1000."""
    return 1000 + (n + 1) * FRAME_MS


def test_a_frame_was_spoken_just_before_it_came() -> None:
    """Whatever number its timestamps begin with."""
    assert hear(StreamClock(), range(3), on_time) == [1000, 1020, 1040]


def test_late_frames_do_not_move_it() -> None:
    """Jitter, and a line that freezes for two seconds."""
    times = hear(StreamClock(), range(1000), lambda n: max(on_time(n) + n % 3 * 7, 9000 if n > 300 else 0))

    assert times == [1000 + n * FRAME_MS for n in range(1000)]


def test_a_burst_at_the_beginning_was_spoken_earlier() -> None:
    """Frames that waited for the socket; they keep their order, and soon all are in place."""
    times = hear(StreamClock(), range(100), lambda n: max(on_time(n), 1100))

    assert times[:6] == [1080] * 5 + [1100]
    assert times[5:] == [1000 + n * FRAME_MS for n in range(5, 100)]


def test_nobody_is_cut_short_for_it() -> None:
    """The correction waits for a moment of silence."""
    times = hear(
        StreamClock(), range(100), lambda n: max(on_time(n), 1100), lambda n: LOUD if n < 50 else SILENT
    )

    assert times[:51] == [1080 + n * FRAME_MS for n in range(51)]
    assert times[51:55] == [1080 + 50 * FRAME_MS] * 4
    assert times[55:] == [1000 + n * FRAME_MS for n in range(55, 100)]


def test_a_short_pause_corrects_no_more_than_it_is_long() -> None:
    """What is said after it would lie over what was said before, and be lost."""
    pauses = (10, 11, 20, 30, 31, 32)
    times = hear(
        StreamClock(),
        range(40),
        lambda n: max(on_time(n), 1300),
        lambda n: SILENT if n in pauses else LOUD,
    )
    loud = [times[n] for n in range(40) if n not in pauses]

    assert all(after - before >= FRAME_MS for before, after in pairwise(loud))
    assert times[39] == 1280 + 39 * FRAME_MS - 3 * FRAME_MS


@pytest.mark.parametrize("ppm", [-500, 500])
def test_a_clock_that_drifts_is_followed(ppm: int) -> None:
    """For an hour: never further off than a step, and what two windows hide."""
    frames = 3600 * 50
    off = [
        at_ms - (on_time(n) - FRAME_MS) * (1 + ppm / 1e6) - -1000 * ppm / 1e6
        for n, at_ms in enumerate(
            hear(StreamClock(), range(frames), lambda n: 1000 + (on_time(n) - 1000) * (1 + ppm / 1e6))
        )
    ]

    assert max(map(abs, off)) <= 20 + 500 * 20 / 1e3
