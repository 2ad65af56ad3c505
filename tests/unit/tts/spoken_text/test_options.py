"""How the agent file decides about the text for its voice."""

import pytest

from parley.agent_config import AgentConfig, TtsConfig
from services.tts.spoken_text.normalizer import NormalizerOptions
from services.tts.spoken_text.options import normalizer_options


@pytest.mark.parametrize(
    ("model", "setting", "numbers"),
    [
        ("eleven_flash_v2_5", "auto", True),
        ("eleven_turbo_v2_5", "auto", True),
        ("eleven_multilingual_v2", "auto", False),
        ("eleven_v3", "auto", False),
        ("eleven_flash_v2_5", "off", False),
        ("eleven_multilingual_v2", "on", True),
    ],
)
def test_numbers_are_left_to_voices_that_read_them(model: str, setting: str, numbers: bool) -> None:
    """The agent file can decide otherwise."""
    agent = AgentConfig.model_validate(
        {"prompt": "x", "tts": {"model": model, "text_normalization": setting}}
    )
    assert normalizer_options(agent, agent.tts).numbers is numbers


@pytest.mark.parametrize(
    ("transcribed", "spoken", "language"),
    [
        ("en", None, "en"),
        ("en-GB", None, "en-GB"),
        ("en-GB", "en", "en-GB"),
        ("en", "de", "de"),
        ("multi", None, "multi"),
    ],
)
def test_the_language_is_the_spoken_one(transcribed: str, spoken: str | None, language: str) -> None:
    """Without one it is the language that is transcribed, which may also have a region."""
    agent = AgentConfig.model_validate(
        {"prompt": "x", "stt": {"language": transcribed}, "tts": {"language": spoken}}
    )
    assert normalizer_options(agent, agent.tts).language == language


def test_an_unknown_provider_needs_words() -> None:
    """Opening it reports the mistake."""
    agent = AgentConfig(prompt="x")
    assert normalizer_options(agent, TtsConfig(provider="none")) == NormalizerOptions("en")
