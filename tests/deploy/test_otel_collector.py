"""The collector's configuration: complete, and in agreement with what the services send."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.latency_budget import read_budget
from parley.telemetry import names
from parley.telemetry.catalogue.turns import TURN_BUCKETS_S

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "otel-collector.yaml").read_text("utf-8"))
POLICIES: dict[str, Any] = {p["name"]: p for p in CONFIG["processors"]["tail_sampling"]["policies"]}


@pytest.mark.parametrize("kind", ["receivers", "processors", "exporters"])
def test_a_pipeline_uses_exactly_what_is_configured(kind: str) -> None:
    """The collector refuses a component without configuration, and ignores one without a pipeline."""
    used = {name for pipeline in CONFIG["service"]["pipelines"].values() for name in pipeline[kind]}

    assert used == set(CONFIG[kind])
    assert set(CONFIG["service"]["extensions"]) == set(CONFIG["extensions"])


def test_the_order_of_processors() -> None:
    """The memory limiter comes first and the batches last, as the collector's documentation requires."""
    assert CONFIG["service"]["pipelines"]["traces"]["processors"] == [
        "memory_limiter",
        "tail_sampling",
        "batch",
    ]


def test_each_policy_is_complete() -> None:
    """A policy's settings are under the name of its type."""
    for policy in POLICIES.values():
        assert set(policy) == {"name", "type", policy["type"]}


def test_the_policies_cover_errors_slow_turns_calls_and_a_share_of_the_rest() -> None:
    """The limit for slow turns is the latency budget's, and the attributes are those of the spans."""
    assert POLICIES["errors"]["status_code"] == {"status_codes": ["ERROR"]}
    slow = POLICIES["slow-turns"]["numeric_attribute"]
    assert (slow["key"], slow["min_value"]) == (names.TURN_LATENCY_MS, read_budget().turn.p95_ms)
    assert POLICIES["calls"]["string_attribute"]["key"] == names.END_REASON
    assert 0 < POLICIES["share-of-the-rest"]["probabilistic"]["sampling_percentage"] <= 100


def test_the_slowest_turns_are_sampled() -> None:
    """The root span, with the latency of the turn, arrives before the decision, at any load."""
    sampling = CONFIG["processors"]["tail_sampling"]
    wait_s = float(sampling["decision_wait"].removesuffix("s"))
    assert wait_s > 2 * max(TURN_BUCKETS_S)
    assert sampling["num_traces"] / (wait_s + 2) >= 1875
