"""Tests of a telephone line."""

from parley.audio.g711 import FRAME_BYTES
from sandbox.caller.caller_events import Event
from sandbox.caller.script_parser import parse_script
from sandbox.caller.simulated_caller import SimulatedCaller
from sandbox.twilio.line import Bridge, Line

LOUD_FRAME = b"\x10" * FRAME_BYTES


class Tone:
    """A source of loud frames."""

    def next_frame(self) -> bytes:
        """A loud frame."""
        return LOUD_FRAME


def line_of(*steps: object, drift_ppm: float = 0.0) -> tuple[Line, list[Event]]:
    """A line whose caller follows these steps, and its events."""
    events: list[Event] = []
    script = parse_script({"steps": list(steps)})
    return Line(SimulatedCaller(script, (None,) * len(steps)), events.append, drift_ppm), events


def test_a_late_line_catches_up() -> None:
    """There is one frame per 20 ms elapsed, however late the tick is."""
    line, _ = line_of({"pause": 60_000})
    line.play(Tone())
    for now_s in (100.0, 100.02, 100.5):
        line.catch_up(now_s)

    assert line.now_ms == 520
    assert line.agent_audio == LOUD_FRAME * 26
    assert len(line.caller_audio) == len(line.agent_audio)


def test_a_jittering_clock_gives_one_frame_per_tick() -> None:
    """An early or late tick causes neither a gap nor two frames."""
    line, _ = line_of({"pause": 60_000})
    line.play(Tone())
    line.catch_up(100.004)
    frames = []
    for number in range(1, 101):
        before_ms = line.now_ms
        line.catch_up(100 + number * 0.02 + (0.008, -0.004, 0.001)[number % 3])
        frames.append((line.now_ms - before_ms) / 20)

    assert frames == [1.0] * 100


def test_time_starts_with_the_line() -> None:
    """A line that has not been started produces no frames."""
    line, _ = line_of({"pause": 60_000})
    line.catch_up(5.0)
    assert line.began_at is None
    line.start()
    line.catch_up(9.0)

    assert line.now_ms == 20


def test_a_slow_clock_drifts() -> None:
    """At one per cent slow, 99 frames take the time of 100."""
    line, _ = line_of({"pause": 60_000}, drift_ppm=10_000)
    line.start()
    line.catch_up(0.0)
    line.catch_up(20.0)

    assert line.now_ms // 20 == 991


def test_caller_events_are_reported() -> None:
    """The hang-up is passed to `on_event`."""
    line, events = line_of({"pause": 40}, "hang_up")
    for _ in range(5):
        line.tick()

    assert [type(event).__name__ for event in events] == ["HungUp"]


def test_bridge_carries_one_side_to_the_other() -> None:
    """The caller's frames are played on the other line; without any, silence."""
    bridge = Bridge()
    bridge.on_frame(LOUD_FRAME, b"")

    assert bridge.next_frame() == LOUD_FRAME
    assert bridge.next_frame() == b"\xff" * FRAME_BYTES
