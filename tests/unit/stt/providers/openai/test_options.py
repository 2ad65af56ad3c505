"""The configuration of a transcription session."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from services.stt.providers.openai.options import (
    OpenAISttOptions,
    check_section,
    session_update,
)


def transcription(**section: Any) -> dict[str, Any]:
    config = SttConfig(provider="openai", **section)
    found: dict[str, Any] = session_update(config)["session"]["audio"]["input"]["transcription"]
    return found


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, {"model": "gpt-live-transcribe", "delay": "low", "languages": ["en"]}),
        (
            {"language": "hi-Latn", "keyterms": ("Asha",)},
            {"model": "gpt-live-transcribe", "delay": "low", "languages": ["hi"], "keywords": ["Asha"]},
        ),
        ({"language": "multi"}, {"model": "gpt-live-transcribe", "delay": "low"}),
        (
            {"model": "gpt-realtime-whisper", "keyterms": ("Asha",), "options": {"prompt": "x"}},
            {"model": "gpt-realtime-whisper", "delay": "low", "language": "en"},
        ),
        (
            {"model": "gpt-transcribe", "options": {"prompt": "A clinic.", "delay": "high"}},
            {"model": "gpt-transcribe", "languages": ["en"], "prompt": "A clinic."},
        ),
    ],
)
def test_each_model_gets_the_fields_that_it_takes(section: dict[str, Any], expected: dict[str, Any]) -> None:
    """The service refuses all others."""
    assert transcription(**section) == expected


def test_turn_detection_is_off() -> None:
    """It is on by default, and refused by the models that stream."""
    config = SttConfig(provider="openai", options={"noise_reduction": "far_field"})
    audio = session_update(config)["session"]["audio"]["input"]

    assert audio["turn_detection"] is None
    assert audio["noise_reduction"] == {"type": "far_field"}


@pytest.mark.parametrize("model", ["gpt-realtime-2.1", "nova-3", "gpt-5.4"])
def test_a_model_that_does_not_transcribe_is_refused(model: str) -> None:
    """The default of the section belongs to another provider, and does not count."""
    with pytest.raises(ConfigError, match=r"stt\.model"):
        check_section(SttConfig(provider="openai", model=model))
    check_section(SttConfig(provider="openai"))


def test_other_options_are_refused() -> None:
    """An unknown delay, for instance."""
    for options in ({"delay": "none"}, {"endpoint": "x"}):
        with pytest.raises(ValidationError):
            OpenAISttOptions.model_validate(options)
