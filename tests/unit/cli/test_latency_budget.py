"""Tests of the latency budget of a turn."""

from pathlib import Path

import pytest
import yaml

from cli.latency import waterfall
from cli.latency_budget import read_budget
from parley.errors import ConfigError
from parley.latency.turn import TurnLatency

SLOW = TurnLatency(
    turn=1,
    speech_end_ms=0,
    turn_ended_ms=200,
    first_clause_ms=900,
    synthesis_started_ms=1000,
    playback_started_ms=1010,
)


def test_the_file_in_the_repository_adds_up() -> None:
    """The programs that read it refuse to start otherwise."""
    budget = read_budget()

    assert sum(part.p50_ms for part in budget.parts.values()) == budget.turn.p50_ms


def test_a_part_that_took_too_long_is_named() -> None:
    """The waterfall names it as well."""
    budget = read_budget()

    assert budget.exceeded(SLOW) == ("llm_ttft",)
    legend, line = waterfall((SLOW,), budget)
    assert "over budget: llm_ttft" in line.plain
    assert f"llm_ttft ≤ {budget.parts['llm_ttft'].p95_ms}" in legend.plain


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"turn": {"p50_ms": 1, "p95_ms": 900}}, "add up to 400, turn has 1"),
        ({"parts": {}}, "endpointing is missing"),
        ({"overhead": {"p50_ms": 0, "p95_ms": 1}}, "overhead.p50_ms"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_file_is_refused_by_key(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    """The error names the file and the key."""
    right = yaml.safe_load(Path("deploy/latency-budget.yaml").read_text("utf-8"))
    wrong = tmp_path / "budget.yaml"
    wrong.write_text(yaml.safe_dump({**right, **change}))

    with pytest.raises(ConfigError, match=complaint) as raised:
        read_budget(wrong)
    assert "budget.yaml" in str(raised.value)
