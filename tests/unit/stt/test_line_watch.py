"""A line that has fallen silent."""

from services.stt.line_watch import LineWatch


def told(watch: LineWatch, until_ms: int) -> list[int]:
    """When it is suspect, looked at every 100 ms."""
    return [now_ms for now_ms in range(0, until_ms, 100) if watch.is_suspect(now_ms)]


def test_a_line_without_frames_is_suspect_now_and_then() -> None:
    """From its beginning on."""
    watch = LineWatch()
    watch.opened(0)

    assert told(watch, 3000) == [700, 1700, 2700]


def test_frames_and_a_closed_line_are_in_order() -> None:
    """Nobody expects sound before a stream, or after."""
    closed, heard = LineWatch(), LineWatch()
    closed.opened(0)
    closed.closed()
    heard.opened(0)
    heard.sound(2500)

    assert told(LineWatch(), 3000) == told(closed, 3000) == []
    assert not heard.is_suspect(3000)
