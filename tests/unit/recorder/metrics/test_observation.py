"""Observations are added to the process's metrics."""

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from parley.telemetry.catalogue.quality import TURNS
from parley.telemetry.catalogue.turns import TURN_LATENCY
from parley.telemetry.trace_context import trace_id
from services.recorder.metrics.observation import Observation, RecorderMetrics


def test_an_observation_is_added_with_the_call_s_agent() -> None:
    registry = CollectorRegistry()
    metrics = RecorderMetrics(registry)
    metrics.add(Observation(TURNS, {"outcome": "answered"}), call_sid="CA1", agent="clinic")

    labels = {"agent": "clinic", "outcome": "answered"}
    assert registry.get_sample_value("parley_turns_total", labels) == 1


def test_a_turn_s_figure_has_its_trace_id_as_exemplar() -> None:
    """The exemplar appears in the OpenMetrics format."""
    registry = CollectorRegistry()
    RecorderMetrics(registry).add(Observation(TURN_LATENCY, value=0.5, turn=1), call_sid="CA1", agent="a")

    text = generate_latest(registry).decode()  # type: ignore[no-untyped-call] # as prometheus_client has it
    assert f'trace_id="{trace_id("CA1", 1):032x}"' in text
