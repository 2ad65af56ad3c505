"""An error is logged before a full stream drops messages."""

from typing import cast

import structlog
from prometheus_client import CollectorRegistry

from parley.bus.stream_client import StreamClient
from parley.bus.stream_usage import StreamUsageMonitor
from parley.errors import BusError


class FakeStreams:
    """Streams of which CALLS has the given usage; for None the bus is unreachable."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = list(shares)

    async def usage(self) -> dict[str, float]:
        """Return the next usage."""
        share = self._shares.pop(0)
        if share is None:
            raise BusError("unreachable")
        return {"CALLS": share, "WORK": 0.0}


async def test_a_nearly_full_stream_is_logged_once() -> None:
    """It is logged again only after its usage was lower; an unreachable bus in between does not count."""
    registry = CollectorRegistry()
    shares = (0.2, 0.93, None, 0.99, 0.3, 0.95)
    watch = StreamUsageMonitor(cast("StreamClient", FakeStreams(*shares)), registry)
    with structlog.testing.capture_logs() as lines:
        for _ in shares:
            await watch.sample()

    assert [(line["stream"], line["usage"]) for line in lines] == [("CALLS", 0.93), ("CALLS", 0.95)]
    assert {line["log_level"] for line in lines} == {"error"}
    assert registry.get_sample_value("parley_stream_usage_ratio", {"stream": "CALLS"}) == 0.95
