"""Metrics that every process exports, regardless of its stage; all are read when scraped."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry.catalogue import bus as bus_metrics
from parley.telemetry.catalogue import capacity, survival
from parley.telemetry.catalogue.metric import Metric
from parley.telemetry.collected import Collected, Values
from parley.telemetry.resource import parley_version
from parley.telemetry.setup import SHADOW_SUFFIX, Telemetry


def register_process_metrics(telemetry: Telemetry, lag: EventLoopLag) -> None:
    """Register the metrics of the event loop and of the build."""
    stage = telemetry.service.removesuffix(SHADOW_SUFFIX)
    _register(telemetry, capacity.EVENT_LOOP_LAG, lambda: lag.lag_ms / 1000)
    _register(telemetry, capacity.ASYNCIO_TASKS, running_tasks)
    _register(telemetry, capacity.BUILD_INFO, lambda: {(stage, parley_version()): 1})


def register_state_metrics(
    telemetry: Telemetry, why_not_ready: Callable[[], str], is_draining: Callable[[], bool]
) -> None:
    """Register whether the process is ready, and whether it is stopping."""
    _register(telemetry, capacity.READY, lambda: not why_not_ready())
    _register(telemetry, survival.DRAINING, is_draining)


def register_bus_metrics(telemetry: Telemetry, bus: Bus, outbox: Outbox) -> None:
    """Register the metrics of the connection to the bus, and of the messages that went through it."""
    counts = bus.counts
    _register(telemetry, bus_metrics.BUS_CONNECTED, lambda: bus.connected)
    _register(telemetry, bus_metrics.BUS_RECONNECTS, lambda: bus.reconnections)
    _register(telemetry, bus_metrics.BUS_MESSAGES_DROPPED, lambda: bus.dropped_messages)
    _register(telemetry, bus_metrics.EVENTS_UNACKED, lambda: outbox.unacked)
    _register(telemetry, survival.EVENTS_RESENT, lambda: outbox.resent)
    _register(
        telemetry,
        survival.MESSAGES_FENCED,
        lambda: {("event",): counts.stale_events, ("audio",): counts.stale_audio},
    )
    _register(
        telemetry,
        survival.SNAPSHOTS,
        lambda: {(outcome,): count for outcome, count in asdict(counts.snapshots).items()},
    )
    _register(
        telemetry,
        survival.AUDIO_GAPS,
        lambda: {("filled",): counts.gaps_filled, ("skipped",): counts.gaps_skipped},
    )
    _register(
        telemetry,
        survival.AUDIO_RETRANSMITTED,
        lambda: {(cause,): chunks for cause, chunks in bus.audio.retransmitted.items()},
    )


def _register(telemetry: Telemetry, metric: Metric, read: Callable[[], float | Values]) -> None:
    """Register a metric if the service exports it; `read` returns its value, or its values by labels."""
    if not telemetry.exports(metric):
        return

    def values() -> Values:
        value = read()
        return value if isinstance(value, Mapping) else {(): float(value)}

    telemetry.registry.register(Collected(metric, values))
