"""Facts from AssemblyAI's documentation of its live transcription."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts
from services.stt.providers.assemblyai.models import MODELS
from services.stt.providers.assemblyai.options import MAX_KEYTERM_CHARS, MAX_KEYTERMS

_PRICES = {
    "universal-3-6-pro": (
        Price(Decimal("0.0075"), "minute of audio", "https://www.assemblyai.com/pricing", date(2026, 10, 7)),
    )
}

FACTS = ProviderFacts(
    title="AssemblyAI Universal-Streaming",
    models=tuple(
        ModelFacts(name, kind.languages, prices=_PRICES.get(name, ())) for name, kind in MODELS.items()
    ),
    source="https://www.assemblyai.com/docs/streaming/message-sequence",
    key_setting="ASSEMBLYAI_API_KEY",
    address_setting="PARLEY_ASSEMBLYAI_URL",
    word_timings="of every word of a turn",
    end_of_turn_events="`Turn` with `end_of_turn`; `utterance` announces a probable end",
    refusals=(
        "Messages of less than 50 ms or more than 1 s of audio end the session (3007).",
        "Audio that arrives faster than real time ends the session (3007).",
        "A session ends after three hours (3008).",
        f"It takes {MAX_KEYTERMS} keyterms of {MAX_KEYTERM_CHARS} characters; `whisper-rt` takes none.",
    ),
)
"""Facts of the provider."""
