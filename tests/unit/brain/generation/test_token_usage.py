"""Tests for the count of tokens."""

from types import SimpleNamespace
from typing import cast

from parley.providers.fallback_chain import Attempt
from parley.providers.llm import TokenUsage
from services.brain.generation.token_usage import count_tokens
from tests.unit.parley.providers.doubles import make_telemetry


def test_tokens_are_counted_by_kind_and_model() -> None:
    """Parts, such as cached input, are also part of the whole."""
    telemetry = make_telemetry()
    labels = {"agent": "clinic", "provider": "test", "model": "small"}
    attempt = SimpleNamespace(labels=labels, usage=telemetry.usage)
    count_tokens(TokenUsage(input=120, cached_input=100, output=30, reasoning=10), cast("Attempt", attempt))

    counted = {
        kind: telemetry.registry.get_sample_value("parley_llm_tokens_total", {**labels, "kind": kind})
        for kind in ("input", "cached_input", "output", "reasoning")
    }
    assert counted == {"input": 120, "cached_input": 100, "output": 30, "reasoning": 10}
