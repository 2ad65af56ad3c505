"""Engines and voices, and the check of an agent's section."""

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from services.tts.providers.polly.models import check, text_support, voice_of


def section(**fields: object) -> TtsConfig:
    return TtsConfig.model_validate({"provider": "polly", **fields})


@pytest.mark.parametrize(
    ("fields", "voice"),
    [
        ({"model": "neural"}, "Joanna"),
        ({"model": "neural", "language": "en-GB"}, "Amy"),
        ({"model": "neural", "language": "es-CO"}, "Lucia"),
        ({"model": "generative", "language": "de-AT"}, "Vicki"),
        ({"model": "standard", "voice": "Own"}, "Own"),
    ],
)
def test_the_default_voice_has_the_engine_and_the_language(fields: dict[str, object], voice: str) -> None:
    """The region matters if it has a voice."""
    check(section(**fields))
    assert voice_of(section(**fields)) == voice


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "sonic-3.5"}, "'sonic-3.5' is not an engine of Polly: write one of neural"),
        ({"model": "long-form", "language": "hi"}, "long-form has no default for hi"),
    ],
)
def test_another_model_is_refused(fields: dict[str, object], reason: str) -> None:
    """The error names the key and the remedy."""
    with pytest.raises(ConfigError, match=rf"tts\.\w+: .*{reason}"):
        check(section(**fields))


def test_numbers_are_left_to_polly() -> None:
    """Tags are removed unless the agent wants them."""
    assert text_support(section(model="neural")).numbers
    assert not text_support(section(model="neural")).ssml
    assert text_support(section(model="neural", options={"ssml": True})).ssml
