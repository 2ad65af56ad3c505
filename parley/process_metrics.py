"""What every process tells of itself as gauges, whatever its stage."""

from prometheus_client import CollectorRegistry, Gauge

from parley import telemetry_names as names
from parley.bus import Bus
from parley.lag import Lag, running_tasks
from parley.outbox import Outbox


def tell_of_process(registry: CollectorRegistry, lag: Lag, bus: Bus, outbox: Outbox) -> None:
    """Event loop, bus, what waits to be stored; read when scraped, within the loop."""
    gauges = (
        (names.METRIC_LOOP_LAG_MS, "Event loop lateness", lambda: lag.ms),
        (names.METRIC_TASKS, "Tasks of the event loop", running_tasks),
        (names.METRIC_DROPPED, "Messages that came faster than they were read", lambda: bus.dropped),
        (names.METRIC_UNACKED, "Events not stored yet", lambda: outbox.unacked),
    )
    for name, text, value in gauges:
        Gauge(name, text, registry=registry).set_function(value)
