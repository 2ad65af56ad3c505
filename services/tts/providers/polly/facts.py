"""Facts about Amazon Polly from its public documentation. No I/O."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts
from services.tts.providers.polly.models import LANGUAGES

_SEEN_ON = date(2026, 11, 28)


def _model(engine: str, usd_per_million: int, note: str = "") -> ModelFacts:
    price = Price(
        Decimal(usd_per_million) / 1000,
        "thousand characters",
        "https://aws.amazon.com/polly/pricing/",
        _SEEN_ON,
    )
    return ModelFacts(engine, LANGUAGES[engine], prices=(price,), note=note)


FACTS = ProviderFacts(
    title="Amazon Polly",
    models=(
        _model("neural", 16),
        _model("generative", 30),
        _model("long-form", 100),
        _model("standard", 4),
    ),
    source="https://docs.aws.amazon.com/polly/latest/APIReference/API_SynthesizeSpeech.html",
    key_setting="PARLEY_POLLY_SECRET_ACCESS_KEY",
    address_setting="PARLEY_POLLY_URL",
    interruption="the request is closed; all its characters are billed, one clause at most",
    refusals=(
        "Requests beyond the quota, 8 per second for neural voices, get a ThrottlingException.",
        "Texts of more than 3000 characters, without tags, get a TextLengthExceededException.",
        "A voice without the engine, in this region, gets an EngineNotSupportedException.",
    ),
)
