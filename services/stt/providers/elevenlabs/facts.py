"""Facts from ElevenLabs' documentation of its live transcription."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts
from services.stt.providers.elevenlabs.languages import LANGUAGES
from services.stt.providers.elevenlabs.options import MAX_KEYTERM_CHARS, MAX_KEYTERMS

_PRICE = Price(
    Decimal("0.0065"),
    "minute of audio",
    "https://vercel.com/ai-gateway/models/scribe-v2-realtime",
    date(2026, 11, 28),
)

FACTS = ProviderFacts(
    title="ElevenLabs Scribe v2 Realtime",
    models=(
        ModelFacts("scribe_v2_realtime", LANGUAGES, prices=(_PRICE,), note="detects the language"),
        ModelFacts("scribe_v3_live", LANGUAGES, note="not tried with an account"),
    ),
    source="https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime",
    key_setting="ELEVENLABS_API_KEY",
    address_setting="PARLEY_ELEVENLABS_URL",
    word_timings="of each committed segment (`committed_transcript_with_timestamps`)",
    end_of_turn_events="",
    refusals=(
        f"It takes {MAX_KEYTERMS} keyterms of {MAX_KEYTERM_CHARS} characters.",
        "A commit of less than 0.3 s of audio is ignored (`commit_throttled`).",
        "A connection that receives no audio for about 10 s is closed.",
    ),
)
"""Facts of the provider."""
