"""The state of the bus is exported, and an error is logged before a full stream drops messages."""

import structlog
from prometheus_client import CollectorRegistry

from parley.bus.bus_state import BusState, StreamState, WorkState
from parley.bus.state_monitor import BusStateMonitor
from parley.errors import BusError


class FakeBus:
    """A bus whose CALLS stream has the given usage; for None it is unreachable."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = list(shares)

    async def state(self) -> BusState:
        """Return the next state."""
        share = self._shares.pop(0)
        if share is None:
            raise BusError("unreachable")
        streams = {"CALLS": StreamState(100, 5, share, 1), "WORK": StreamState(0, 0, 0.0, 0)}
        return BusState(streams, {"tts": WorkState(3, 2, 1)}, 0.5)


async def test_a_nearly_full_stream_is_logged_once() -> None:
    """It is logged again only after its usage was lower; an unreachable bus in between does not count."""
    registry = CollectorRegistry()
    shares = (0.2, 0.93, None, 0.99, 0.3, 0.95)
    monitor = BusStateMonitor(FakeBus(*shares).state, registry)
    with structlog.testing.capture_logs() as lines:
        for _ in shares:
            await monitor.sample()

    assert [(line["stream"], line["usage"]) for line in lines] == [("CALLS", 0.93), ("CALLS", 0.95)]
    assert {line["log_level"] for line in lines} == {"error"}
    assert registry.get_sample_value("parley_stream_usage_ratio", {"stream": "CALLS"}) == 0.95


async def test_the_state_is_exported_and_unknown_while_the_bus_is_unreachable() -> None:
    """An alert on the work queue must not be silenced by an old value."""
    registry = CollectorRegistry()
    monitor = BusStateMonitor(FakeBus(0.1, None, 0.2).state, registry)

    await monitor.sample()
    assert registry.get_sample_value("parley_stream_bytes", {"stream": "CALLS"}) == 100
    assert registry.get_sample_value("parley_stream_messages", {"stream": "CALLS"}) == 5
    assert registry.get_sample_value("parley_stream_replicas_lagging", {"stream": "CALLS"}) == 1
    assert registry.get_sample_value("parley_work_pending", {"stage": "tts"}) == 3
    assert registry.get_sample_value("parley_work_in_progress", {"stage": "tts"}) == 2
    assert registry.get_sample_value("parley_work_waiting_workers", {"stage": "tts"}) == 1
    assert registry.get_sample_value("parley_jetstream_storage_usage_ratio") == 0.5
    await monitor.sample()
    assert registry.get_sample_value("parley_work_pending", {"stage": "tts"}) is None
    assert registry.get_sample_value("parley_stream_usage_ratio", {"stream": "CALLS"}) is None
    await monitor.sample()
    assert registry.get_sample_value("parley_work_pending", {"stage": "tts"}) == 3
