"""The cost of responses of a speech-to-speech model."""

from decimal import Decimal

from parley.agent_config import RealtimePrice
from parley.providers.realtime import RealtimeUsage
from services.brain.realtime.token_usage import cost_of

_PRICE = RealtimePrice(
    input=Decimal(4),
    cached_input=Decimal(1),
    audio_input=Decimal(32),
    cached_audio_input=Decimal(2),
    output=Decimal(16),
    audio_output=Decimal(64),
)


def test_each_kind_of_token_has_its_price() -> None:
    """Cached audio is part of the audio, and of what is cached."""
    usage = RealtimeUsage(
        input=1000, input_audio=600, cached_input=500, cached_input_audio=400, output=300, output_audio=250
    )
    expected = 300 * 4 + 100 * 1 + 200 * 32 + 400 * 2 + 50 * 16 + 250 * 64
    assert cost_of(usage, _PRICE) == Decimal(expected) / 1_000_000


def test_without_prices_for_cached_tokens_they_cost_what_others_do() -> None:
    """And nothing is free by accident."""
    price = _PRICE.model_copy(update={"cached_input": None, "cached_audio_input": None})
    usage = RealtimeUsage(input=100, input_audio=100, cached_input=100, cached_input_audio=100)
    assert cost_of(usage, price) == Decimal(3200) / 1_000_000
