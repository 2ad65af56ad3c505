"""Tests of the section of the agent file."""

import pytest
from pydantic import ValidationError

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from services.stt.providers.whisper.options import WhisperOptions, check_section


def test_english_models_refuse_other_languages() -> None:
    """A multilingual model takes them."""
    check_section(SttConfig(provider="whisper", language="en-GB"))
    check_section(SttConfig(provider="whisper", model="small", language="de"))
    for language in ("de", "multi"):
        with pytest.raises(ConfigError, match=r"stt\.language: Whisper's tiny\.en understands English only"):
            check_section(SttConfig(provider="whisper", language=language))


def test_options_are_checked() -> None:
    """A hash has 64 digits; other names are misspelt."""
    WhisperOptions(sha256="a" * 64, interim=False)
    for options in ({"sha256": "abc"}, {"interims": False}):
        with pytest.raises(ValidationError):
            WhisperOptions.model_validate(options)
