"""The check of the section `realtime` for OpenAI's models."""

import pytest

from parley.agent_config import RealtimeConfig
from parley.errors import ConfigError
from services.brain.providers.openai_realtime.section_check import check_section


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"model": "gpt-live-transcribe"}, "realtime.model: 'gpt-live-transcribe' only transcribes"),
        ({"transcription_model": "gpt-realtime-2.1"}, "realtime.transcription_model: 'gpt-realtime-2.1'"),
        ({"transcription_model": "gpt-realtime-whisper", "keyterms": ("Bo",)}, "realtime.keyterms"),
        ({"model": "gpt-realtime-1.5", "reasoning_effort": "low"}, "realtime.reasoning_effort"),
        ({"model": "gpt-realtime", "reasoning_effort": "low"}, "realtime.reasoning_effort"),
    ],
)
def test_what_the_api_refuses_or_ignores_is_a_mistake(section: dict[str, object], problem: str) -> None:
    """Found in the file, not in the first call."""
    with pytest.raises(ConfigError, match=problem):
        check_section(RealtimeConfig.model_validate(section))


@pytest.mark.parametrize(
    "model", ["gpt-realtime-2.1", "gpt-realtime-2.1-mini", "sandbox-clinic", "of-tomorrow"]
)
def test_models_that_reason_and_unknown_ones_are_accepted(model: str) -> None:
    """The account decides about models that are new."""
    check_section(RealtimeConfig(model=model, reasoning_effort="low", keyterms=("Bo",)))
