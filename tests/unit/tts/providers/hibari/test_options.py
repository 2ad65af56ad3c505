"""Tests of the section of the agent file."""

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from services.tts.providers.hibari.options import check_section, is_british, voice_of


def test_the_packaged_voice_is_the_default() -> None:
    """A section without a voice needs no download."""
    assert voice_of(TtsConfig(provider="hibari")) == "heart"
    assert voice_of(TtsConfig(provider="hibari", voice="emma")) == "emma"


def test_voices_have_an_accent() -> None:
    """An option replaces it."""
    assert not is_british(TtsConfig(provider="hibari"))
    assert is_british(TtsConfig(provider="hibari", voice="emma"))
    assert is_british(TtsConfig(provider="hibari", voice="mine", options={"british": True}))


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (TtsConfig(provider="hibari", language="de"), r"tts\.language: Hibari speaks English only"),
        (TtsConfig(provider="hibari", voice="../x"), r"tts\.voice: '\.\./x' is not one of"),
    ],
)
def test_other_sections_are_refused(section: TtsConfig, reason: str) -> None:
    """The message names the key."""
    with pytest.raises(ConfigError, match=reason):
        check_section(section)
    check_section(TtsConfig(provider="hibari", language="en-GB"))
