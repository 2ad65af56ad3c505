"""Metrics that every process exports, regardless of its stage."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry import names


class _DroppedMessages(Collector):
    """Exports the dropped-message count of the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def collect(self) -> Iterator[CounterMetricFamily]:
        text = "Live messages dropped by slow readers"
        yield CounterMetricFamily(names.METRIC_NATS_MESSAGES_DROPPED, text, self._bus.dropped_messages)


def register_process_metrics(
    registry: CollectorRegistry, lag: EventLoopLag, bus: Bus, outbox: Outbox
) -> None:
    """Register the metrics of event loop, bus and outbox; they are read when scraped, in the event loop."""
    gauges = (
        (names.METRIC_EVENT_LOOP_LAG_SECONDS, "Lateness of the event loop", lambda: lag.lag_ms / 1000),
        (names.METRIC_ASYNCIO_TASKS, "Tasks of the event loop", running_tasks),
        (names.METRIC_EVENTS_UNACKED, "Published events without the stream's ack", lambda: outbox.unacked),
    )
    for name, text, value in gauges:
        Gauge(name, text, registry=registry).set_function(value)
    registry.register(_DroppedMessages(bus))
