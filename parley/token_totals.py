"""Adds up the tokens of a call's requests to models, and their cost. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from parley.v1.reply_pb2 import TokensUsed


@dataclass(frozen=True, slots=True)
class TokenTotals:
    """The sums over requests."""

    requests: int = 0
    input: int = 0
    cached_input: int = 0
    """The part of the input that providers had cached."""
    output: int = 0
    reasoning: int = 0
    """The part of the output that is reasoning."""
    estimated_requests: int = 0
    """Requests whose tokens are an estimate, because they were stopped."""
    unpriced_requests: int = 0
    """Requests whose model has no price in the agent file."""
    costs: Mapping[str, str] = field(default_factory=dict)
    """Decimal numbers by currency."""

    @property
    def tokens(self) -> int:
        """Input and output."""
        return self.input + self.output

    def cost_reaches(self, limit: Decimal) -> bool:
        """Whether the cost, in any currency, is at least the limit."""
        return any(_decimal(cost) >= limit for cost in self.costs.values())

    def plus(self, used: TokensUsed) -> "TokenTotals":
        """Return the sums with those of another request."""
        costs = dict(self.costs)
        if used.currency:
            total = _decimal(costs.get(used.currency, "0")) + _decimal(used.cost)
            costs[used.currency] = decimal_text(total)
        return replace(
            self,
            requests=self.requests + 1,
            input=self.input + used.input,
            cached_input=self.cached_input + used.cached_input,
            output=self.output + used.output,
            reasoning=self.reasoning + used.reasoning,
            estimated_requests=self.estimated_requests + used.estimated,
            unpriced_requests=self.unpriced_requests + (not used.currency),
            costs=costs,
        )


def decimal_text(value: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _decimal(text: str) -> Decimal:
    """The number of a text; 0 for any other text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return value if value.is_finite() else Decimal(0)
