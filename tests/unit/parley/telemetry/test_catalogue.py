"""Every declared metric follows Prometheus's conventions and can be created."""

import re

import pytest
from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue import GROUPS, METRICS
from parley.telemetry.catalogue.metric import EVERY_SERVICE, Kind, Metric

_UNITLESS = {
    "parley_tools_running",  # counts of things, named by their plural, and states
    *("parley_calls", "parley_calls_limit", "parley_call_epoch_max", "parley_draining", "parley_ready"),
    *("parley_asyncio_tasks", "parley_build_info", "parley_provider_circuit_open", "parley_bus_connected"),
    *("parley_events_unacked", "parley_stream_messages", "parley_stream_replicas_lagging"),
    *("parley_work_pending", "parley_work_in_progress", "parley_work_waiting_workers"),
}


def test_no_metric_is_declared_twice() -> None:
    assert len(METRICS) == sum(len(group) for group in GROUPS.values())


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_name_ends_in_its_unit_and_a_counter_in_total(metric: Metric) -> None:
    assert re.fullmatch(r"parley_[a-z][a-z_]*[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    if metric.kind is not Kind.COUNTER and metric.name not in _UNITLESS:
        assert metric.name.endswith(("_seconds", "_bytes", "_ratio"))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_names_its_services_and_can_be_created(metric: Metric) -> None:
    assert set(metric.exported_by) <= set(EVERY_SERVICE)
    assert metric.exported_by
    registry = CollectorRegistry()
    getattr(metric, metric.kind.value)(registry)
    assert [family.type for family in registry.collect()] == [metric.kind.value]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_only_a_histogram_has_buckets_and_these_ascend(metric: Metric) -> None:
    assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
    assert list(metric.buckets) == sorted(set(metric.buckets))
