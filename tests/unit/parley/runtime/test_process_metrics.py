"""Metrics that every process exports."""

from types import SimpleNamespace
from typing import cast

from prometheus_client import CollectorRegistry

from parley.bus import Bus
from parley.events.outbox import Outbox
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.process_metrics import (
    register_bus_metrics,
    register_process_metrics,
    register_state_metrics,
)
from parley.telemetry.counts import MessageCounts
from parley.telemetry.setup import Telemetry
from tests.unit.parley.providers.doubles import make_telemetry


def telemetry_of(service: str) -> tuple[Telemetry, CollectorRegistry]:
    telemetry = make_telemetry(service=service)
    return telemetry, telemetry.registry


async def test_the_event_loop_and_the_build_are_described() -> None:
    """The lag is in seconds, and read when scraped."""
    telemetry, registry = telemetry_of("tts-shadow")
    lag = EventLoopLag()
    register_process_metrics(telemetry, lag)
    lag.lag_ms = 40.0

    assert registry.get_sample_value("parley_event_loop_lag_seconds") == 0.04
    assert registry.get_sample_value("parley_asyncio_tasks") == 1
    [info] = [
        sample
        for metric in registry.collect()
        if metric.name == "parley_build_info"
        for sample in metric.samples
    ]
    assert info.labels["stage"] == "tts"
    assert info.labels["version"]


def test_readiness_follows_the_probe() -> None:
    """The gauge agrees with /readyz."""
    telemetry, registry = telemetry_of("tts")
    state = SimpleNamespace(reason="", draining=False)
    register_state_metrics(telemetry, lambda: state.reason, lambda: state.draining)

    assert registry.get_sample_value("parley_ready") == 1
    assert registry.get_sample_value("parley_draining") == 0
    state.reason, state.draining = "bus is unreachable", True
    assert registry.get_sample_value("parley_ready") == 0
    assert registry.get_sample_value("parley_draining") == 1


def test_messages_of_the_bus_are_counted() -> None:
    """Each count is read when scraped; a service exports only its own metrics."""
    telemetry, registry = telemetry_of("tts")
    counts = MessageCounts()
    audio = SimpleNamespace(retransmitted={"reconnect": 0, "election": 0, "requested": 7})
    bus = SimpleNamespace(connected=True, reconnections=1, dropped_messages=2, counts=counts, audio=audio)
    outbox = SimpleNamespace(unacked=3, resent=4)
    register_bus_metrics(telemetry, cast("Bus", bus), cast("Outbox", outbox))
    counts.stale_events, counts.gaps_skipped, bus.dropped_messages = 5, 6, 8

    assert registry.get_sample_value("parley_bus_connected") == 1
    assert registry.get_sample_value("parley_bus_reconnects_total") == 1
    assert registry.get_sample_value("parley_bus_messages_dropped_total") == 8
    assert registry.get_sample_value("parley_events_unacked") == 3
    assert registry.get_sample_value("parley_events_resent_total") == 4
    assert registry.get_sample_value("parley_messages_fenced_total", {"kind": "event"}) == 5
    assert registry.get_sample_value("parley_messages_fenced_total", {"kind": "audio"}) == 0
    assert registry.get_sample_value("parley_audio_retransmitted_total", {"cause": "requested"}) == 7

    stt, stt_registry = telemetry_of("stt")
    register_bus_metrics(stt, cast("Bus", bus), cast("Outbox", outbox))
    assert stt_registry.get_sample_value("parley_audio_retransmitted_total", {"cause": "requested"}) is None
    assert stt_registry.get_sample_value("parley_audio_gaps_total", {"outcome": "skipped"}) == 6
