"""Facts about OpenAI's transcription."""

from services.stt.providers.openai.facts import FACTS
from services.stt.providers.openai.options import DEFAULT_MODEL


def test_the_default_model_is_the_first() -> None:
    """With a price and its source."""
    first = FACTS.models[0]

    assert first.name == DEFAULT_MODEL
    assert all(price.source.endswith(model.name) for model in FACTS.models for price in model.prices)
