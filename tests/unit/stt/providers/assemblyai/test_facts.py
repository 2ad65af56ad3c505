"""The facts agree with what the provider accepts."""

from parley.agent_config import SttConfig
from services.stt.providers.assemblyai.facts import FACTS
from services.stt.providers.assemblyai.models import DEFAULT_MODEL
from services.stt.providers.assemblyai.options import check


def test_every_listed_model_and_language_is_accepted() -> None:
    """The first model is the one that errors recommend."""
    assert FACTS.models[0].name == DEFAULT_MODEL
    for model in FACTS.models:
        for language in model.languages:
            check(SttConfig(provider="assemblyai", model=model.name, language=language))
