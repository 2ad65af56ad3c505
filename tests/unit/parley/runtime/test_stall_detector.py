"""Media streams that deliver no audio."""

from parley.runtime.stall_detector import StallDetector


def reports(detector: StallDetector, until_ms: int) -> list[int]:
    """The times of the reports, when checked every 100 ms."""
    return [now_ms for now_ms in range(0, until_ms, 100) if detector.check(now_ms)]


def test_a_stream_without_frames_is_reported_once_per_second() -> None:
    """The first report comes 700 ms after its start."""
    detector = StallDetector()
    detector.stream_opened(0)

    assert reports(detector, 3000) == [700, 1700, 2700]


def test_a_stall_that_lasts_is_reported_rarely() -> None:
    """Each report makes all edges load the call's state, and a line may suppress silence for minutes."""
    detector = StallDetector()
    detector.stream_opened(0)

    assert reports(detector, 16_000) == [700, 1700, 2700, 3700, 4700, 9700, 14_700]
    detector.audio_received(16_000)
    assert detector.check(16_700)


def test_an_active_or_closed_stream_is_not_reported() -> None:
    """No audio is expected before a stream starts or after it stops."""
    closed, active = StallDetector(), StallDetector()
    closed.stream_opened(0)
    closed.stream_closed()
    active.stream_opened(0)
    active.audio_received(2500)

    assert reports(StallDetector(), 3000) == reports(closed, 3000) == []
    assert not active.check(3000)
