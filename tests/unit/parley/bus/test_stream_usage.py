"""Streams that fill up are told of before they drop anything."""

from typing import cast

import structlog
from prometheus_client import CollectorRegistry

from parley.bus.stream_client import StreamClient
from parley.bus.stream_usage import StreamUsageMonitor
from parley.errors import BusError


class Filled:
    """A bus whose CALLS stream is this full; away for None."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = list(shares)

    async def usage(self) -> dict[str, float]:
        """The next."""
        share = self._shares.pop(0)
        if share is None:
            raise BusError("away")
        return {"CALLS": share, "WORK": 0.0}


async def test_a_stream_that_fills_is_told_of_once_each_time() -> None:
    """Not again while it stays full, though the bus be away meanwhile; the gauge follows."""
    registry = CollectorRegistry()
    shares = (0.2, 0.93, None, 0.99, 0.3, 0.95)
    watch = StreamUsageMonitor(cast("StreamClient", Filled(*shares)), registry)
    with structlog.testing.capture_logs() as lines:
        for _ in shares:
            await watch.sample()

    assert [(line["stream"], line["usage"]) for line in lines] == [("CALLS", 0.93), ("CALLS", 0.95)]
    assert {line["log_level"] for line in lines} == {"error"}
    assert registry.get_sample_value("parley_stream_usage_ratio", {"stream": "CALLS"}) == 0.95
