"""Tests for the sums of tokens and their cost."""

from decimal import Decimal

import pytest

from parley.token_totals import TokenTotals, decimal_text
from parley.v1.reply_pb2 import TokensUsed

USED = TokensUsed(input=100, cached_input=40, output=20, reasoning=5, cost="0.1", currency="USD")


def test_requests_are_added_up() -> None:
    """Costs are decimal numbers, so that ten times 0.1 is 1."""
    totals = TokenTotals()
    for _ in range(10):
        totals = totals.plus(USED)

    assert totals == TokenTotals(10, 1000, 400, 200, 50, 0, 0, {"USD": "1"})
    assert totals.tokens == 1200
    assert totals.cost_reaches(Decimal("1.0"))
    assert not totals.cost_reaches(Decimal("1.000001"))


def test_requests_without_a_price_and_estimates_are_counted() -> None:
    """The sums show how exact they are."""
    totals = TokenTotals().plus(USED).plus(TokensUsed(input=1, estimated=True))

    assert (totals.requests, totals.estimated_requests, totals.unpriced_requests) == (2, 1, 1)
    assert totals.costs == {"USD": "0.1"}


def test_currencies_are_not_mixed() -> None:
    """Each has its own sum, and a limit holds for each."""
    totals = TokenTotals().plus(USED).plus(TokensUsed(cost="7", currency="EUR"))

    assert totals.costs == {"USD": "0.1", "EUR": "7"}
    assert totals.cost_reaches(Decimal(7))


@pytest.mark.parametrize("cost", ["", "x", "NaN", "Infinity"])
def test_a_cost_that_is_no_number_counts_as_none(cost: str) -> None:
    """Another version may have written it."""
    assert TokenTotals().plus(TokensUsed(cost=cost, currency="USD")).costs == {"USD": "0"}


@pytest.mark.parametrize(
    ("value", "text"), [("1E-7", "0.0000001"), ("100", "100"), ("0.50", "0.5"), ("0E+3", "0")]
)
def test_numbers_are_written_out(value: str, text: str) -> None:
    """Readers need not know exponents."""
    assert decimal_text(Decimal(value)) == text
