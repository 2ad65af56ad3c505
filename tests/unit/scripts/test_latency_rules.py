"""The rules that are generated from the latency budget."""

import yaml

from cli.latency_budget import read_budget
from scripts.latency_rules import FAST, FILE, SLOW, STEADY, latency_rules, seconds


def test_the_file_was_generated_from_the_budget() -> None:
    assert FILE.read_text("utf-8") == latency_rules(read_budget()), "run `make alerts`"


def test_the_limits_of_the_budget_are_in_the_rules() -> None:
    budget = read_budget()
    text = latency_rules(budget.model_copy(update={"turn": budget.turn.model_copy(update={"p95_ms": 1000})}))
    assert 'le="1.0"' in text
    assert 'le="0.9"' not in text
    limits = {
        (rule["labels"]["part"], rule["labels"]["quantile"]): rule["expr"]
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if rule.get("record") == "parley:latency_budget:seconds"
    }
    assert limits["turn", "0.95"] == "vector(1.0)"
    assert limits["llm_ttft", "0.95"] == f"vector({seconds(budget.parts['llm_ttft'].p95_ms)})"
    assert len(limits) == 2 * (1 + len(budget.parts) + 1)


def test_a_higher_rate_looks_at_a_shorter_time() -> None:
    assert [burn.share for burn in (FAST, SLOW, *STEADY)] == [0.4, 0.2, 0.1, 0.05]
