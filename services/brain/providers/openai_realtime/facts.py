"""Facts about OpenAI's speech-to-speech models, from developers.openai.com/api/docs/models."""

from datetime import date
from decimal import Decimal

from parley.providers.facts import ModelFacts, Price, PriceUnit, ProviderFacts

_MODELS = "https://developers.openai.com/api/docs/models"
_SEEN_ON = date(2026, 11, 28)
_UNITS: tuple[PriceUnit, ...] = (
    "million input tokens",
    "million cached input tokens",
    "million output tokens",
    "million audio input tokens",
    "million audio output tokens",
)


def _prices(*usd: str) -> tuple[Price, ...]:
    return tuple(
        Price(Decimal(each), unit, _MODELS, _SEEN_ON) for each, unit in zip(usd, _UNITS, strict=True)
    )


FACTS = ProviderFacts(
    title="OpenAI Realtime",
    models=(
        ModelFacts("gpt-realtime-2.1", prices=_prices("4.00", "0.40", "24.00", "32.00", "64.00")),
        ModelFacts(
            "gpt-realtime-2.1-mini", prices=_prices("0.60", "0.06", "2.40", "10.00", "20.00"), note="smaller"
        ),
        ModelFacts("gpt-realtime-2"),
        ModelFacts("gpt-realtime-1.5", prices=_prices("4.00", "0.40", "16.00", "32.00", "64.00")),
        ModelFacts("gpt-realtime"),
        ModelFacts("gpt-realtime-mini"),
    ),
    source="https://developers.openai.com/api/docs/guides/realtime",
    key_setting="OPENAI_API_KEY",
    address_setting="OPENAI_BASE_URL",
    word_timings="none; estimated by the length of words",
    end_of_turn_events="input_audio_buffer.speech_stopped and committed",
    interruption="response.cancel, then conversation.item.truncate at what was played",
    refusals=(
        "a wrong key, an unknown model or no credit: at the handshake, or an `error` event and a close",
        "a session of 60 minutes: an `error` event with `session_expired`, and a close",
        "a second response while one is in progress: an `error` event, after which the session continues",
        "another voice after the first audio: an `error` event; a hand-off opens a new session instead",
    ),
)
