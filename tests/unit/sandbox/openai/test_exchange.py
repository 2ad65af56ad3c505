"""The choice of faults, and the pace of answers."""

import time
from typing import Any

import pytest

from sandbox.emulator import Journal, RuntimeSettings
from sandbox.openai.exchange import Exchange, Exchanges, call_sid_of
from sandbox.openai.faults import LlmQuirks
from sandbox.openai.settings import OpenAISandboxSettings

NONE = LlmQuirks(**dict.fromkeys(LlmQuirks.model_fields, 0.0))


def exchanges(**settings: Any) -> Exchanges:
    return Exchanges(Journal(), RuntimeSettings(OpenAISandboxSettings(**{"llm_quirks": NONE, **settings})))


def test_a_share_of_the_answers_is_faulty() -> None:
    """The share is that of the setting."""
    made = exchanges(llm_faults={"hang": 0.25, "empty": 0}, llm_quirks={"crlf": 1, "obfuscation": 0})
    found = [made.choose_faults("m", "") for _ in range(400)]

    assert all("crlf" in faults for faults in found)
    assert 60 < sum("hang" in faults for faults in found) < 140
    assert not any("empty" in faults for faults in found)


def test_faults_are_limited_to_a_model_and_a_number() -> None:
    """A scenario's own faults are not."""
    made = exchanges(llm_fault="empty", llm_fault_model="a", llm_fault_requests=2)

    found = [made.choose_faults(model, "") for model in ("b", "a", "a", "a")]
    assert found == [frozenset(), {"empty"}, {"empty"}, frozenset()]
    assert made.choose_faults("b", "crlf") == {"crlf"}


def test_a_scenario_can_be_set_for_a_call() -> None:
    """A model that names a scenario takes precedence; the oldest of many calls are forgotten."""
    made = exchanges(scenario="clinic")
    made.set_scenario("CA1", "echo")

    assert made.scenario_for({"model": "gpt-6-luna", "safety_identifier": "CA1"}) == "echo"
    assert made.scenario_for({"model": "sandbox-long", "safety_identifier": "CA1"}) == "long"
    assert made.scenario_for({"model": "gpt-6-luna", "safety_identifier": "CA2"}) == "clinic"
    for number in range(1000):
        made.set_scenario(f"CB{number}", "echo")
    assert made.scenario_for({"model": "gpt-6-luna", "safety_identifier": "CA1"}) == "clinic"


def test_an_error_status_counts_as_a_fault() -> None:
    """Later requests are answered."""
    made = exchanges(llm_refuse=503, llm_fault_requests=1)

    assert [made.take_refusal("m"), made.take_refusal("m")] == [503, 0]
    assert exchanges().take_refusal("m") == 0


def test_tokens_are_due_from_the_arrival() -> None:
    """The wait of a rule replaces that of the setting."""
    made, now_s = exchanges(first_token_ms=1000, tokens_per_s=10), time.monotonic()
    first = Exchange("id", "", now_s, 0, None, frozenset())
    ruled = Exchange("id", "", now_s, 0, 3000, frozenset())
    late = Exchange("id", "", now_s - 60, 0, None, frozenset())

    assert made.due_in_s(first, 5) == pytest.approx(1.5, abs=0.2)
    assert made.due_in_s(ruled, 0) == pytest.approx(3.0, abs=0.2)
    assert made.due_in_s(late, 0) == 0


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ({"user": "CA1"}, "CA1"),
        ({"safety_identifier": "CA2"}, "CA2"),
        ({"prompt_cache_key": "CA3"}, "CA3"),
        ({"metadata": {"call_sid": "CA4"}}, "CA4"),
        ({}, ""),
    ],
)
def test_the_call_is_named_in_one_of_several_parameters(body: dict[str, Any], call: str) -> None:
    """Benchmarks match tokens to calls by it."""
    assert call_sid_of(body) == call
