"""Metrics that every process exports, regardless of its stage."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry.catalogue.bus import BUS_MESSAGES_DROPPED, EVENTS_UNACKED
from parley.telemetry.catalogue.capacity import ASYNCIO_TASKS, EVENT_LOOP_LAG


class _DroppedMessages(Collector):
    """Exports the dropped-message count of the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def collect(self) -> Iterator[CounterMetricFamily]:
        metric = BUS_MESSAGES_DROPPED
        yield CounterMetricFamily(metric.name, metric.text, self._bus.dropped_messages)


def register_process_metrics(
    registry: CollectorRegistry, lag: EventLoopLag, bus: Bus, outbox: Outbox
) -> None:
    """Register the metrics of event loop, bus and outbox; they are read when scraped, in the event loop."""
    EVENT_LOOP_LAG.gauge(registry).set_function(lambda: lag.lag_ms / 1000)
    ASYNCIO_TASKS.gauge(registry).set_function(running_tasks)
    EVENTS_UNACKED.gauge(registry).set_function(lambda: outbox.unacked)
    registry.register(_DroppedMessages(bus))
