"""Sections of the agent file for providers with an API of their own."""

import pytest

from parley.agent_config import LlmConfig
from parley.errors import ConfigError
from services.brain.providers.anthropic.provider import check_config as check_anthropic
from services.brain.providers.gemini.provider import check_config as check_gemini


def test_a_complete_section_is_accepted() -> None:
    check_anthropic(LlmConfig(provider="anthropic", model="claude-haiku-5-5", temperature=0.5))
    check_gemini(LlmConfig(provider="gemini", model="gemini-3.5-flash-lite", temperature=1.5))


def test_a_section_that_cannot_work_is_refused_with_the_key() -> None:
    with pytest.raises(ConfigError, match=r"llm\.api"):
        check_gemini(LlmConfig(provider="gemini", model="m", api="chat"))
    with pytest.raises(ConfigError, match=r"llm\.profile"):
        check_anthropic(LlmConfig(provider="anthropic", model="m", profile="vllm"))
    with pytest.raises(ConfigError, match=r"llm\.temperature"):
        check_anthropic(LlmConfig(provider="anthropic", model="m", temperature=1.5))
