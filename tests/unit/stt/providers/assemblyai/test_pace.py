"""Buffered audio is sent at once up to a limit, then a little faster than real time."""

from services.stt.providers.assemblyai.pace import Pace, SessionPace


def test_a_burst_needs_no_delay() -> None:
    """Further audio waits; audio in real time never does."""
    session = SessionPace(Pace(speed=1.5, burst_ms=3000), started_s=100.0)
    session.sent(2000)

    assert session.delay_s(100.0, 1000) == 0
    session.sent(1000)
    assert session.delay_s(100.0, 750) == 0.5
    assert session.delay_s(100.5, 750) == 0


def test_a_refusal_slows_all_sessions_down() -> None:
    """The pace is that of the process."""
    pace = Pace()
    session = SessionPace(pace, started_s=0.0)
    session.sent(2000)
    assert session.delay_s(0.0, 50) == 0
    pace.slow_down()

    assert session.delay_s(0.0, 50) == 1.0
