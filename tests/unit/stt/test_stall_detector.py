"""A line that has fallen silent."""

from services.stt.stall_detector import StallDetector


def told(watch: StallDetector, until_ms: int) -> list[int]:
    """When it is suspect, looked at every 100 ms."""
    return [now_ms for now_ms in range(0, until_ms, 100) if watch.check(now_ms)]


def test_a_line_without_frames_is_suspect_now_and_then() -> None:
    """From its beginning on."""
    watch = StallDetector()
    watch.stream_opened(0)

    assert told(watch, 3000) == [700, 1700, 2700]


def test_frames_and_a_closed_line_are_in_order() -> None:
    """Nobody expects sound before a stream, or after."""
    closed, heard = StallDetector(), StallDetector()
    closed.stream_opened(0)
    closed.stream_closed()
    heard.stream_opened(0)
    heard.audio_received(2500)

    assert told(StallDetector(), 3000) == told(closed, 3000) == []
    assert not heard.check(3000)
