"""Tests of the mapping from stream timestamps to call time."""

from collections.abc import Callable
from itertools import pairwise

from parley.audio.g711 import FRAME_MS
from services.edge.inbound.stream_clock import StreamClock, TimedFrame
from services.edge.twilio.media_messages import Media

SILENT, LOUD = b"\xff" * 160, b"\x20" * 160


def call_times(
    frames: range,
    arrives_ms: Callable[[int], float],
    audio: Callable[[int], bytes] = lambda _: SILENT,
) -> list[int]:
    """Call times of frames, the first of which has the timestamp 70."""
    clock = StreamClock()
    timed = [clock.to_frame(Media(70 + n * FRAME_MS, audio(n)), round(arrives_ms(n))) for n in frames]
    return [frame.at_ms for frame in timed if frame is not None]


def on_time(n: int) -> float:
    """Arrival of a frame without delay, in a stream that began at 1000."""
    return 1000 + (n + 1) * FRAME_MS


def test_a_frame_ends_when_it_arrives() -> None:
    """The first frame defines time zero, whatever number the timestamps begin with."""
    assert call_times(range(3), on_time) == [1000, 1020, 1040]


def test_a_message_without_audio_is_skipped() -> None:
    """The clock ignores its timestamp."""
    clock = StreamClock()

    assert clock.to_frame(Media(0, b""), 500) is None
    assert clock.to_frame(Media(70, SILENT), 1020) == TimedFrame(1000, SILENT)


def test_no_frame_lies_before_the_call() -> None:
    """A stream that opens with the call may deliver a frame at once."""
    assert call_times(range(1), lambda _: 10) == [0]


def test_late_frames_do_not_change_the_mapping() -> None:
    """Jitter and a freeze of two seconds have no effect."""
    times = call_times(range(1000), lambda n: max(on_time(n) + n % 3 * 7, 9000 if n > 300 else 0))

    assert times == [1000 + n * FRAME_MS for n in range(1000)]


def test_a_burst_at_the_start_is_dated_back() -> None:
    """Frames that waited for the socket keep their order and reach their true times within five frames."""
    times = call_times(range(100), lambda n: max(on_time(n), 1100))

    assert times[:6] == [1080] * 5 + [1100]
    assert times[5:] == [1000 + n * FRAME_MS for n in range(5, 100)]


def test_a_correction_waits_for_silence() -> None:
    """No word is cut short by a correction."""
    times = call_times(range(100), lambda n: max(on_time(n), 1100), lambda n: LOUD if n < 50 else SILENT)

    assert times[:51] == [1080 + n * FRAME_MS for n in range(51)]
    assert times[51:55] == [1080 + 50 * FRAME_MS] * 4
    assert times[55:] == [1000 + n * FRAME_MS for n in range(55, 100)]


def test_a_correction_is_no_longer_than_its_pause() -> None:
    """Speech after a short pause does not overlap speech before it."""
    pauses = (10, 11, 20, 30, 31, 32)
    times = call_times(range(40), lambda n: max(on_time(n), 1300), lambda n: SILENT if n in pauses else LOUD)
    loud = [times[n] for n in range(40) if n not in pauses]

    assert all(after - before >= FRAME_MS for before, after in pairwise(loud))
    assert times[39] == 1280 + 39 * FRAME_MS - 3 * FRAME_MS
