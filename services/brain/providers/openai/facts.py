"""Facts about OpenAI's language models, from developers.openai.com/api/docs/models and its pricing page."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, PriceUnit, ProviderFacts

_PRICES = "https://developers.openai.com/api/docs/pricing"
_SEEN_ON = date(2026, 11, 5)


def _prices(given: str, cached: str, written: str) -> tuple[Price, ...]:
    units: tuple[PriceUnit, ...] = (
        "million input tokens",
        "million cached input tokens",
        "million output tokens",
    )
    return tuple(
        Price(Decimal(usd), unit, _PRICES, _SEEN_ON)
        for usd, unit in zip((given, cached, written), units, strict=True)
    )


FACTS = ProviderFacts(
    title="OpenAI, and servers with the same protocol",
    models=(
        ModelFacts("gpt-6-luna", prices=_prices("0.10", "0.01", "0.50"), note="fastest and cheapest"),
        ModelFacts("gpt-6-sol", prices=_prices("2.00", "0.20", "10.00")),
        ModelFacts("gpt-6.1-sol", prices=_prices("2.00", "0.10", "10.00"), note="always reasons"),
        ModelFacts("gpt-6-astra", prices=_prices("10.00", "1.00", "50.00"), note="always reasons"),
        ModelFacts("gpt-6.1-terra"),
        ModelFacts("gpt-5.6-luna", prices=_prices("0.20", "0.02", "1.20")),
        ModelFacts("gpt-5.6-terra", prices=_prices("2.00", "0.20", "12.00")),
        ModelFacts("gpt-5.4-mini", prices=_prices("0.75", "0.075", "4.50")),
        ModelFacts("gpt-5.4"),
        ModelFacts("gpt-4.1-mini"),
        ModelFacts("gpt-4o-mini"),
    ),
    source="https://developers.openai.com/api/docs/models",
    key_setting="OPENAI_API_KEY",
    address_setting="OPENAI_BASE_URL",
    audio_formats=(),
    interruption="closing the stream stops generation; the tokens until then are billed",
    refusals=(
        "`temperature` while a model reasons: HTTP 400, repeated without it",
        "tools in Chat Completions while a model reasons: HTTP 400, sent to Responses",
        "`max_tokens` for models that can reason: HTTP 400, `max_completion_tokens` instead",
        "a model after its last day: HTTP 404 `model_not_found`",
        "no credit: HTTP 429 `insufficient_quota`",
        "parameters that other servers do not have: HTTP 400 or 422, repeated without them",
    ),
)
