"""Facts about ElevenLabs, from elevenlabs.io/docs and elevenlabs.io/pricing/api."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts

_PRICES = "https://elevenlabs.io/pricing/api"
_MULTILINGUAL_V2 = "en ja zh de hi fr ko pt it es id nl tr fil pl sv bg ro ar cs el fi hr ms sk da ta uk ru"
_V2_5 = f"{_MULTILINGUAL_V2} hu no vi"
_V3 = (
    f"{_V2_5} af hy as az be bn bs ca ceb ny et gl ka gu ha he is ga jv kn kk ky lv ln lt lb mk ml mr ne ps "
    "fa pa sr sd sl so sw te th ur cy"
)


def _per_thousand(usd: str) -> tuple[Price, ...]:
    return (Price(Decimal(usd), "thousand characters", _PRICES, date(2026, 6, 1)),)


FACTS = ProviderFacts(
    title="ElevenLabs",
    models=(
        ModelFacts("eleven_flash_v2_5", tuple(_V2_5.split()), prices=_per_thousand("0.05"), note="fastest"),
        ModelFacts("eleven_flash_v2", ("en",), prices=_per_thousand("0.05")),
        ModelFacts("eleven_turbo_v2_5", tuple(_V2_5.split()), prices=_per_thousand("0.05")),
        ModelFacts("eleven_turbo_v2", ("en",), prices=_per_thousand("0.05")),
        ModelFacts("eleven_multilingual_v2", tuple(_MULTILINGUAL_V2.split()), prices=_per_thousand("0.10")),
        ModelFacts("eleven_v3", tuple(_V3.split()), prices=_per_thousand("0.10"), note="HTTP only"),
    ),
    source="https://elevenlabs.io/docs/overview/models",
    key_setting="ELEVENLABS_API_KEY",
    address_setting="PARLEY_ELEVENLABS_URL",
    word_timings="each character",
    interruption="closing the context; text whose synthesis has begun is billed",
    refusals=(
        "an unknown voice: HTTP 404; a library voice on the free plan: HTTP 402",
        "the WebSocket for a v3 model: HTTP 403, HTTP requests instead",
        "a language that the model does not have: HTTP 400",
        "more texts at once than the plan has: HTTP 429",
        "characters beyond the quota: HTTP 401 `quota_exceeded`",
        "ElevenLabs' premade voices from 31 December 2026: HTTP 404",
    ),
)
