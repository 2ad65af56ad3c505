"""Facts about OpenAI's transcription from its public documentation. No I/O."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, ProviderFacts

_SEEN_ON = date(2026, 11, 28)


def _price(usd: str, model: str) -> tuple[Price, ...]:
    page = f"https://developers.openai.com/api/docs/models/{model}"
    return (Price(Decimal(usd), "minute of audio", page, _SEEN_ON),)


FACTS = ProviderFacts(
    title="OpenAI Realtime transcription",
    models=(
        ModelFacts(
            "gpt-live-transcribe",
            prices=_price("0.017", "gpt-live-transcribe"),
            note="text while the caller speaks",
        ),
        ModelFacts(
            "gpt-realtime-whisper",
            prices=_price("0.017", "gpt-realtime-whisper"),
            note="text while the caller speaks; no key terms",
        ),
        ModelFacts(
            "gpt-transcribe",
            prices=_price("0.0045", "gpt-transcribe"),
            note="text after each pause only",
        ),
    ),
    source="https://developers.openai.com/api/docs/guides/realtime-transcription",
    key_setting="OPENAI_API_KEY",
    address_setting="OPENAI_BASE_URL",
    word_timings="none; estimated from the loudness of the audio",
    end_of_turn_events="",
    interruption="",
    refusals=(
        "Turn detection is refused for the models that send text while the caller speaks.",
        "A commit of less than 100 ms of audio is refused with `input_audio_buffer_commit_empty`.",
        "Sessions end after 60 minutes with `session_expired`; Parley replaces them before.",
        "The header `OpenAI-Beta`, and a model in the address, end a session right after the upgrade.",
        "Models that speak cannot transcribe, and are refused by Parley before a call.",
    ),
)
