"""The clock that drives all telephone lines."""

import asyncio

from sandbox.twilio.clock import Clock
from tests.eventually import eventually


class CountingLine:
    """A line that counts its ticks."""

    def __init__(self) -> None:
        self.ticks = 0

    def catch_up(self, now_s: float) -> None:
        """Count a tick."""
        assert now_s > 0
        self.ticks += 1


class FailingLine:
    """A line that fails at every tick."""

    def __init__(self) -> None:
        self.ticks = 0

    def catch_up(self, now_s: float) -> None:
        """Fail."""
        self.ticks += 1
        raise ValueError(now_s)


async def test_clock_survives_a_failing_line() -> None:
    """A failing line is removed; the other lines continue."""
    clock, good, bad = Clock(), CountingLine(), FailingLine()
    for line in (bad, good):
        clock.add(line)
    running = asyncio.create_task(clock.run())
    try:
        await eventually(lambda: good.ticks >= 5)
    finally:
        running.cancel()
        await asyncio.wait({running})

    assert bad.ticks == 1
