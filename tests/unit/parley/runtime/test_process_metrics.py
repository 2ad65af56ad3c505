"""Metrics that every process exports."""

from types import SimpleNamespace
from typing import cast

from prometheus_client import CollectorRegistry

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.process_metrics import register_process_metrics


async def test_metrics_are_read_when_scraped() -> None:
    """Dropped messages are a counter, with the suffix that Prometheus expects."""
    registry, lag = CollectorRegistry(), EventLoopLag()
    bus, outbox = SimpleNamespace(dropped_messages=2), SimpleNamespace(unacked=3)
    register_process_metrics(registry, lag, cast("Bus", bus), cast("Outbox", outbox))
    lag.lag_ms, bus.dropped_messages = 40.0, 5

    assert registry.get_sample_value("parley_event_loop_lag_seconds") == 0.04
    assert registry.get_sample_value("parley_bus_messages_dropped_total") == 5
    assert registry.get_sample_value("parley_events_unacked") == 3
    assert registry.get_sample_value("parley_asyncio_tasks") == 1
