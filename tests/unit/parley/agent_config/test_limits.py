"""Tests of the limits of a call."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, LlmConfig, default_texts


def test_the_warning_is_in_the_agents_language() -> None:
    """The file may state another one."""
    texts = default_texts("de") or {}

    agent = AgentConfig.model_validate({"prompt": "x", "language": "de"})

    assert agent.limits.warning == texts["limits"]["warning"]
    own = {"prompt": "x", "language": "de", "limits": {"warning": "Gleich ist Schluss."}}
    assert AgentConfig.model_validate(own).limits.warning == "Gleich ist Schluss."


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_length_is_within_what_twilio_allows(seconds: float) -> None:
    """Twilio ends each call after 24 hours."""
    with pytest.raises(ValueError, match="max_call_s"):
        AgentConfig.model_validate({"prompt": "x", "limits": {"max_call_s": seconds}})


PRICE = {"input": 0.25, "cached_input": 0.025, "output": 2}


def agent_with(llm: dict[str, Any], limits: dict[str, Any]) -> AgentConfig:
    """An agent with these sections."""
    return AgentConfig.model_validate({"prompt": "x", "llm": llm, "limits": limits})


@pytest.mark.parametrize(
    ("llm", "place"),
    [
        ({"model": "small"}, "the model small of llm has"),
        (
            {"model": "a", "price": PRICE, "fallbacks": [{"model": "large"}]},
            "the model large of llm.fallbacks",
        ),
    ],
)
def test_a_limit_of_the_cost_needs_the_price_of_each_model(llm: dict[str, Any], place: str) -> None:
    """The error is that of the limit, and has the lines to add."""
    with pytest.raises(ValidationError) as raised:
        agent_with(llm, {"max_cost": 0.5})

    [error] = raised.value.errors()
    assert error["loc"] == ("limits", "max_cost")
    assert place in error["msg"]
    assert "price: {input: " in error["msg"]
    assert agent_with(llm, {"max_tokens": 1000}).limits.max_tokens == 1000


def test_prices_are_decimal_numbers_in_one_currency() -> None:
    """A fallback with another model has a price of its own; the same model keeps its price."""
    same = agent_with({"price": PRICE, "fallbacks": [{"temperature": 0.1}]}, {"max_cost": 0.1})
    assert [str(each.price.input) for each in same.llm.chain if each.price] == ["0.25", "0.25"]
    assert same.limits.max_cost == Decimal("0.1")

    other = {"model": "b", "price": {**PRICE, "currency": "EUR"}}
    with pytest.raises(ValueError, match="EUR and USD; use one currency"):
        agent_with({"price": PRICE, "fallbacks": [other]}, {"max_cost": 0.1})


@pytest.mark.parametrize("wrong", [{"input": -1}, {"output": "nan"}, {"currency": "dollars"}, {"inputs": 1}])
def test_a_wrong_price_is_refused(wrong: dict[str, Any]) -> None:
    """A price of 0 is one: that of a model on the user's own server."""
    assert LlmConfig.model_validate({"price": {"input": 0, "output": 0}}).price is not None
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LlmConfig.model_validate({"price": {**PRICE, **wrong}})
