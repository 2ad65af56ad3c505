"""Metrics whose values are read when scraped."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from parley.telemetry.catalogue.bus import BUS_RECONNECTS, WORK_PENDING
from parley.telemetry.collected import Collected


def test_values_are_read_when_scraped() -> None:
    """A series that has no value is missing; counters have the suffix that Prometheus expects."""
    registry = CollectorRegistry()
    values: dict[tuple[str, ...], float] = {("tts",): 2.0}
    registry.register(Collected(WORK_PENDING, lambda: values))
    registry.register(Collected(BUS_RECONNECTS, lambda: {(): 3}))

    assert registry.get_sample_value("parley_work_pending", {"stage": "tts"}) == 2
    values.clear()
    assert registry.get_sample_value("parley_work_pending", {"stage": "tts"}) is None
    assert b"parley_bus_reconnects_total 3.0" in generate_latest(registry)


def test_a_metric_is_registered_once() -> None:
    """Two series of the same name would make the whole answer to a scrape invalid."""
    registry = CollectorRegistry()
    registry.register(Collected(BUS_RECONNECTS, dict))
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Collected(BUS_RECONNECTS, dict))
