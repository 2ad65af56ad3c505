"""The models of sections that name none."""

from typing import Any

import pytest

from parley.agent_config import LlmConfig, RealtimeConfig, SttConfig, TtsConfig
from parley.agent_config.default_models import default_model
from parley.providers.end_dates import model_end
from parley.providers.registry import Kind, configs_of, installed_providers, load_plugin, route_name

SECTIONS: dict[Kind, Any] = {
    "stt": SttConfig,
    "llm": LlmConfig,
    "tts": TtsConfig,
    "realtime": RealtimeConfig,
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_section_without_a_model_has_the_first_of_its_provider(kind: Kind) -> None:
    """It is valid, and no end of it is announced."""
    for provider in installed_providers(kind):
        first, *_ = configs_of(kind, SECTIONS[kind](provider=provider))
        facts = load_plugin(kind, provider).facts
        assert facts is not None
        assert first.model == default_model(kind, provider) == facts.models[0].name
        assert facts.models[0].ends_on is None
        assert model_end(provider, first.model) is None


def test_fallback_with_another_provider_has_its_model() -> None:
    section = SttConfig(model="nova-2", fallbacks=({"provider": "assemblyai"}, {"keyterms": ["Lee"]}))
    assert [config.model for config in section.chain] == ["nova-2", "universal-3-5-pro", "nova-2"]


def test_default_is_not_taken_for_a_model_of_the_file() -> None:
    assert "model" not in SttConfig(provider="assemblyai").model_fields_set


def test_provider_of_a_third_party_needs_no_model() -> None:
    section = TtsConfig(provider="own", voice="low")
    assert section.model == ""
    assert route_name(section) == "own/low"
