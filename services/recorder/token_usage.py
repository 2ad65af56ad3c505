"""The tokens of a call's requests to models, in total and by model, from its events. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.events.envelope import Body
from parley.token_totals import TokenTotals
from parley.v1.reply_pb2 import TokensUsed


@dataclass(slots=True)
class TokenUsage:
    """The sums of a call."""

    total: TokenTotals = field(default_factory=TokenTotals)
    models: dict[tuple[str, str], TokenTotals] = field(default_factory=dict)
    """The sums by provider and model, in the order of their first requests."""

    def apply(self, body: Body) -> None:
        """Apply an event of the call."""
        if isinstance(body, TokensUsed):
            self.total = self.total.plus(body)
            key = _clean(body.provider), _clean(body.model)
            self.models[key] = self.models.get(key, TokenTotals()).plus(body)

    def as_object(self) -> dict[str, object]:
        """Return the sums as a JSON object; empty for a call without requests."""
        if not self.total.requests:
            return {}
        models = [
            {"provider": provider, "model": model, **_sums(totals)}
            for (provider, model), totals in self.models.items()
        ]
        return {**_sums(self.total), "models": models}


def _sums(totals: TokenTotals) -> Mapping[str, object]:
    return {
        "requests": totals.requests,
        "input": totals.input,
        "cached_input": totals.cached_input,
        "output": totals.output,
        "reasoning": totals.reasoning,
        "estimated_requests": totals.estimated_requests,
        "unpriced_requests": totals.unpriced_requests,
        "cost": dict(totals.costs),
    }


def _clean(text: str) -> str:
    return text.replace("\x00", "")
