"""Gauges that every process exports, whatever its stage."""

from prometheus_client import CollectorRegistry, Gauge

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry import names


def register_process_metrics(
    registry: CollectorRegistry, lag: EventLoopLag, bus: Bus, outbox: Outbox
) -> None:
    """Register the gauges of event loop, bus and outbox; they are read when scraped, in the event loop."""
    gauges = (
        (names.METRIC_EVENT_LOOP_LAG_SECONDS, "Lateness of the event loop", lambda: lag.lag_ms / 1000),
        (names.METRIC_ASYNCIO_TASKS, "Tasks of the event loop", running_tasks),
        (
            names.METRIC_NATS_MESSAGES_DROPPED,
            "Live messages dropped by slow readers",
            lambda: bus.dropped_messages,
        ),
        (names.METRIC_EVENTS_UNACKED, "Published events without the stream's ack", lambda: outbox.unacked),
    )
    for name, text, value in gauges:
        Gauge(name, text, registry=registry).set_function(value)
