"""Audio played by the clock, and marks that are late."""

from services.edge.outbound.playout_clock import PlayoutClock

MS = 8


def sent(samples: int, at_ms: int = 0) -> PlayoutClock:
    """A clock after audio was sent."""
    clock = PlayoutClock()
    clock.begin(at_ms)
    clock.send(samples)
    return clock


def test_audio_plays_in_real_time_after_the_audio_before_it() -> None:
    """Audio after a gap starts when it is sent."""
    clock = sent(1000 * MS, at_ms=500)

    assert (clock.begin(700), clock.buffer_ends_ms) == (1500, 1500)
    assert [clock.played(1000 * MS, now_ms) for now_ms in (500, 900, 2000)] == [0, 400 * MS, 1000 * MS]
    assert clock.begin(2000) == 2000


def test_a_clear_empties_the_buffer() -> None:
    """The audio that it discards is not waited for."""
    clock = sent(1000 * MS)
    clock.clear(200)

    assert clock.buffer_ends_ms == 200


def test_a_mark_is_late_after_its_audio_and_a_timeout() -> None:
    """The first mark follows 100 ms of audio; a short chunk has its mark at its end."""
    long, short = sent(4000 * MS), sent(50 * MS)

    assert [long.is_mark_late(4000 * MS, now_ms) for now_ms in (1600, 1601)] == [False, True]
    assert [short.is_mark_late(50 * MS, now_ms) for now_ms in (1550, 1551)] == [False, True]
    assert not long.is_mark_late(0, 9000)


def test_marks_that_return_late_are_not_missing() -> None:
    """As long as any returns, the next one is waited for."""
    clock = sent(4000 * MS)
    clock.mark_returned(1500)

    assert not clock.is_mark_late(3900 * MS, 3000)
    assert clock.is_mark_late(3900 * MS, 3001)


def test_once_marks_are_missing_the_clock_waits_less() -> None:
    """Until a mark returns again."""
    clock = sent(4000 * MS)
    clock.marks_missing = True

    assert clock.is_mark_late(4000 * MS, 351)
    clock.mark_returned(400)
    assert not clock.is_mark_late(3900 * MS, 700)
