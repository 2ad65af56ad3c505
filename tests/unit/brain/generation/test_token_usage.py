"""Tests for the tokens of a request."""

import asyncio
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from parley.agent_config import TokenPrice
from parley.errors import ProviderRejected, ProviderTimeout
from parley.providers.fallback_chain import Attempt
from parley.providers.llm import Done, TextDelta, TokenUsage
from parley.v1.reply_pb2 import TokensUsed
from services.brain.generation.token_usage import RequestUsage, cost_of, count_tokens
from tests.unit.parley.providers.doubles import make_telemetry

LABELS = {"agent": "clinic", "provider": "test", "model": "small"}
PRICE = TokenPrice(input=Decimal("0.25"), cached_input=Decimal("0.025"), output=Decimal(2))
REPORT = TokenUsage(input=120, cached_input=100, output=30, reasoning=10)
MESSAGES = [{"role": "user", "content": "x" * 4000}]


def make_attempt() -> tuple[Attempt, CollectorRegistry]:
    """An attempt, and the registry of its metrics."""
    telemetry = make_telemetry()
    route = SimpleNamespace(provider="test", model="small")
    attempt = SimpleNamespace(labels=LABELS, usage=telemetry.usage, route=route)
    return cast("Attempt", attempt), telemetry.registry


def used_when(error: BaseException | None, *events: Any, sent: bool = True) -> list[TokensUsed]:
    """The events of a request that ends with an error after these chunks."""
    reported: list[TokensUsed] = []
    usage = RequestUsage(make_attempt()[0], None, reported.append)
    try:
        with usage:
            if sent:
                usage.sent(MESSAGES, ())
            for event in events:
                usage.received(event)
            if error is not None:
                raise error
    except (asyncio.CancelledError, ProviderTimeout, ProviderRejected):
        pass
    return reported


def test_tokens_are_counted_by_kind_and_model() -> None:
    """Parts, such as cached input, are also part of the whole."""
    attempt, registry = make_attempt()
    count_tokens(REPORT, attempt)

    counted = {
        kind: registry.get_sample_value("parley_llm_tokens_total", {**LABELS, "kind": kind})
        for kind in ("input", "cached_input", "output", "reasoning")
    }
    assert counted == {"input": 120, "cached_input": 100, "output": 30, "reasoning": 10}


def test_cached_input_has_its_own_price() -> None:
    """Without one it costs what other input does; reasoning costs what output does."""
    assert cost_of(REPORT, PRICE) == Decimal("0.0000675")
    whole = TokenPrice(input=Decimal("0.25"), output=Decimal(2))
    assert cost_of(REPORT, whole) == Decimal("0.00009")


def test_a_complete_request_is_reported_once_with_its_cost() -> None:
    """The event is that of the answer's end, and nothing follows at the end of the request."""
    reported: list[TokensUsed] = []
    attempt, registry = make_attempt()
    with RequestUsage(attempt, PRICE, reported.append, reply_id="r1") as usage:
        usage.sent(MESSAGES, ())
        usage.received(REPORT)
        assert not usage.completed_by(TextDelta("x"))
        [used] = usage.completed_by(Done("stop"))

    assert not reported
    assert used == TokensUsed(
        reply_id="r1",
        provider="test",
        model="small",
        input=120,
        cached_input=100,
        output=30,
        reasoning=10,
        cost="0.0000675",
        currency="USD",
    )
    cost = registry.get_sample_value("parley_llm_cost_total", {**LABELS, "currency": "USD"})
    assert cost == pytest.approx(0.0000675)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), ProviderTimeout("test", "slow"), None])
def test_the_tokens_of_a_stopped_request_are_estimated(error: BaseException | None) -> None:
    """The provider charges for it, but reports nothing; four bytes are about a token."""
    [used] = used_when(error, TextDelta("12345678"), TextDelta("नम"))

    assert used.estimated
    assert 1000 <= used.input < 1020
    assert used.output == 4
    assert not used.currency


def test_a_request_that_failed_at_once_costs_nothing() -> None:
    """Nor does one that was never sent; what the provider reports or has sent counts in any case."""
    rejected = ProviderRejected("test", "no")

    assert not used_when(rejected)
    assert not used_when(asyncio.CancelledError(), sent=False)
    assert [used.input for used in used_when(rejected, REPORT)] == [120]
    assert used_when(rejected, TextDelta("Hello"))
