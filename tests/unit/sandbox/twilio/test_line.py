"""A telephone line and the clock that all lines share."""

import asyncio

from parley.mulaw import FRAME_BYTES
from sandbox.caller.script import parse_script
from sandbox.caller.simulated_caller import Event, SimulatedCaller
from sandbox.espeak import speak
from sandbox.twilio.clock import Clock
from sandbox.twilio.line import Bridge, Line

SOUND = b"\x10" * FRAME_BYTES


class Tone:
    """Something to hear."""

    def next_frame(self) -> bytes:
        """A loud frame."""
        return SOUND


def line_of(*steps: object, drift_ppm: float = 0.0) -> tuple[Line, list[Event]]:
    """A line whose person follows these steps."""
    events: list[Event] = []
    script = parse_script({"steps": list(steps)})
    return Line(SimulatedCaller(script, (None,) * len(steps)), events.append, drift_ppm), events


def test_a_late_line_makes_up_for_lost_time() -> None:
    """As many frames as time has passed, however late it is asked."""
    line, _ = line_of({"pause": 60_000})
    line.listen_to(Tone())
    for now_s in (100.0, 100.02, 100.5):
        line.catch_up(now_s)

    assert line.now_ms == 520
    assert line.heard == SOUND * 26
    assert len(line.said) == len(line.heard)


def test_a_clock_that_wobbles_gives_one_frame_a_time() -> None:
    """A moment asked too early or too late is no hole, and no pair of frames after it."""
    line, _ = line_of({"pause": 60_000})
    line.listen_to(Tone())
    line.catch_up(100.004)
    frames = []
    for number in range(1, 101):
        before_ms = line.now_ms
        line.catch_up(100 + number * 0.02 + (0.008, -0.004, 0.001)[number % 3])
        frames.append((line.now_ms - before_ms) / 20)

    assert frames == [1.0] * 100


def test_time_begins_when_something_is_heard() -> None:
    """Nobody speaks into a line that is not joined."""
    line, _ = line_of({"pause": 60_000})
    line.catch_up(5.0)
    assert line.began_at is None
    line.begin()
    line.catch_up(9.0)

    assert line.now_ms == 20


def test_a_slow_clock_drifts() -> None:
    """One per cent slow: 99 frames in the time of 100."""
    line, _ = line_of({"pause": 60_000}, drift_ppm=10_000)
    line.begin()
    line.catch_up(0.0)
    line.catch_up(20.0)

    assert line.now_ms // 20 == 991


def test_person_hangs_up_on_the_line() -> None:
    """What the person does is told."""
    line, events = line_of({"pause": 40}, "hang_up")
    for _ in range(5):
        line.tick()

    assert [type(event).__name__ for event in events] == ["HungUp"]


def test_bridge_carries_one_side_to_the_other() -> None:
    """What one says, the other hears; silence when nothing is said."""
    bridge = Bridge()
    bridge.offer(SOUND, b"")

    assert bridge.next_frame() == SOUND
    assert bridge.next_frame() == b"\xff" * FRAME_BYTES


async def test_clock_lets_all_lines_live() -> None:
    """And one that breaks does not stop the others."""
    clock = Clock()
    good, _ = line_of({"pause": 60_000})
    bad, _ = line_of({"say": speak.__name__})
    for line in (bad, good):
        line.begin()
        clock.add(line)
    running = asyncio.create_task(clock.run())
    try:
        async with asyncio.timeout(10):
            while good.now_ms < 100:  # noqa: ASYNC110 - the clock has no event for it
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.wait({running})

    assert good.now_ms >= 100
