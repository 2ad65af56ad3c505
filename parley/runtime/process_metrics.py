"""What every process tells of itself as gauges, whatever its stage."""

from prometheus_client import CollectorRegistry, Gauge

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry import names


def register_process_metrics(
    registry: CollectorRegistry, lag: EventLoopLag, bus: Bus, outbox: Outbox
) -> None:
    """Event loop, bus, what waits to be stored; read when scraped, within the loop."""
    gauges = (
        (names.METRIC_EVENT_LOOP_LAG_SECONDS, "Event loop lateness", lambda: lag.lag_ms / 1000),
        (names.METRIC_ASYNCIO_TASKS, "Tasks of the event loop", running_tasks),
        (
            names.METRIC_NATS_MESSAGES_DROPPED,
            "Messages that came faster than they were read",
            lambda: bus.dropped_messages,
        ),
        (names.METRIC_EVENTS_UNACKED, "Events not stored yet", lambda: outbox.unacked),
    )
    for name, text, value in gauges:
        Gauge(name, text, registry=registry).set_function(value)
