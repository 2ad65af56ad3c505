"""Facts about Anthropic's models, from platform.claude.com as of 2026-11-28."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts

_PRICING = "https://platform.claude.com/docs/en/about-claude/pricing"
_SEEN = date(2026, 11, 28)


def _prices(usd_in: str, usd_cached: str, usd_out: str) -> tuple[Price, ...]:
    return (
        Price(Decimal(usd_in), "million input tokens", _PRICING, _SEEN),
        Price(Decimal(usd_cached), "million cached input tokens", _PRICING, _SEEN),
        Price(Decimal(usd_out), "million output tokens", _PRICING, _SEEN),
    )


FACTS = ProviderFacts(
    title="Anthropic (Messages API)",
    models=(
        ModelFacts(
            "claude-haiku-5-5",
            prices=_prices("0.10", "0.01", "0.50"),
            note="thinking off; not retired before 2027-10-07; five times the price over 100,000 tokens",
        ),
        ModelFacts(
            "claude-sonnet-5-5",
            prices=_prices("2.00", "0.10", "10.00"),
            note="thinks between tool calls at least; not retired before 2027-09-28",
        ),
        ModelFacts(
            "claude-opus-5-5",
            prices=_prices("4.00", "0.20", "20.00"),
            note="always thinks, with low effort; not retired before 2027-09-22",
        ),
    ),
    source="https://platform.claude.com/docs/en/api/messages/create",
    key_setting="ANTHROPIC_API_KEY",
    address_setting="ANTHROPIC_BASE_URL",
    audio_formats=(),
    interruption="closing the connection; tokens that were already generated are billed",
    refusals=(
        "A temperature other than 1, for models from Opus 4.7 on: it is not sent.",
        "`thinking: disabled`, for models that always think: the lowest setting is sent instead.",
        "Thinking of another conversation or model: it is left out after the first refusal.",
        "A refused answer ends with `stop_reason: refusal`, which counts as cut off by a filter.",
        "Status 529 when the API is overloaded: the next route is tried.",
    ),
)
