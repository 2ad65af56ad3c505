"""Facts about the models of the Gemini API, from ai.google.dev as of 2026-11-28."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts

_PRICING = "https://ai.google.dev/gemini-api/docs/pricing"
_SEEN = date(2026, 11, 28)


def _prices(usd_in: str, usd_out: str) -> tuple[Price, ...]:
    return (
        Price(Decimal(usd_in), "million input tokens", _PRICING, _SEEN),
        Price(Decimal(usd_out), "million output tokens", _PRICING, _SEEN),
    )


FACTS = ProviderFacts(
    title="Google (Gemini API)",
    models=(
        ModelFacts(
            "gemini-3.5-flash-lite", prices=_prices("0.30", "2.50"), note="level minimal; no announced end"
        ),
        ModelFacts("gemini-3.6-flash", note="level minimal; no announced end"),
        ModelFacts(
            "gemini-3.8-flash",
            prices=_prices("1.50", "7.50"),
            note="level low; no announced end; half the price until 2026-12-31",
        ),
        ModelFacts("gemini-3.1-flash-lite", note="its page names gemini-3.5-flash-lite as replacement"),
    ),
    source="https://ai.google.dev/api/generate-content",
    key_setting="GEMINI_API_KEY",
    address_setting="GEMINI_BASE_URL",
    audio_formats=(),
    interruption="closing the connection; tokens that were already generated are billed",
    refusals=(
        "A function call without the signature of its thought, from Gemini 3 on: it is sent back.",
        "`thinkingLevel: minimal`, for 3.7, 3.8 and the Pro models: the lowest level is sent instead.",
        "A blocked prompt is an answer without candidates: the call goes on with the next route.",
        "An answer that a filter stops ends with SAFETY, RECITATION and the like: it counts as cut off.",
        "A wrong key is status 400, not 401.",
    ),
)
