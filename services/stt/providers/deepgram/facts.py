"""Facts about Deepgram, from developers.deepgram.com and deepgram.com/pricing."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts

_PRICES = "https://deepgram.com/pricing"
_NOVA_3 = (
    "en ar be bg bn bs ca cs da de el es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr ms nl no "
    "pl pt ro ru sk sl sr sv ta te th tl tr uk ur vi zh multi"
)
_FLUX_MULTI = "en de es fr hi it ja nl pt ru"


def _per_minute(usd: str, seen_on: date) -> tuple[Price, ...]:
    return (Price(Decimal(usd), "minute of audio", _PRICES, seen_on),)


FACTS = ProviderFacts(
    title="Deepgram",
    models=(
        ModelFacts(
            "nova-3",
            languages=tuple(_NOVA_3.split()),
            multilingual=tuple(_FLUX_MULTI.split()),
            prices=_per_minute("0.0048", date(2026, 8, 1)),
            note="`multi` switches between ten languages, for 0.0058 USD",
        ),
        ModelFacts(
            "flux-general-en",
            languages=("en",),
            prices=_per_minute("0.0065", date(2026, 4, 1)),
            note="detects turns itself",
        ),
        ModelFacts(
            "flux-general-multi",
            languages=tuple(_FLUX_MULTI.split()),
            prices=_per_minute("0.0078", date(2026, 11, 4)),
            note="detects turns itself",
        ),
        ModelFacts("nova-2", languages=("any",), note="for languages that nova-3 does not have"),
    ),
    source="https://developers.deepgram.com/docs/models-languages-overview",
    key_setting="DEEPGRAM_API_KEY",
    address_setting="PARLEY_DEEPGRAM_URL",
    word_timings="each word of each transcript",
    end_of_turn_events=(
        "nova: `speech_final`, `UtteranceEnd`; flux: `EagerEndOfTurn`, `TurnResumed`, `EndOfTurn`"
    ),
    interruption="not needed: transcription continues while the agent speaks; billed by the audio sent",
    refusals=(
        "more than 50 streams at once on pay as you go: HTTP 429",
        "a language that the model does not have: HTTP 400",
        "no audio and no `KeepAlive` for 10 s: close 1011 (NET-0001)",
        "audio that cannot be decoded, or an empty message: close 1008 (DATA-0000)",
        "no credit: HTTP 402",
    ),
)
