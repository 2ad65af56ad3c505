"""Facts about Deepgram's text-to-speech from its public documentation. No I/O."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts
from services.tts.providers.deepgram.models import DEFAULT_VOICES, FAMILY

FACTS = ProviderFacts(
    title="Deepgram Aura",
    models=(
        ModelFacts(
            FAMILY,
            tuple(DEFAULT_VOICES),
            prices=(
                Price(
                    Decimal("0.030"),
                    "thousand characters",
                    "https://deepgram.com/pricing",
                    date(2026, 11, 28),
                ),
            ),
            note="the voice decides the language; speed in English and Spanish only",
        ),
    ),
    source="https://developers.deepgram.com/reference/text-to-speech-api/speak-streaming",
    key_setting="DEEPGRAM_API_KEY",
    address_setting="PARLEY_DEEPGRAM_URL",
    interruption="`Clear`: text that is buffered is not spoken, and no further audio is sent",
    refusals=(
        "More than 20 flushes within a minute on a WebSocket are not processed, and answered with a warning.",
        "A WebSocket that gets more than 2400 characters within a minute is closed.",
        "Streams beyond the project's concurrency are refused with 429.",
        "A WebSocket ends after an hour.",
    ),
)
