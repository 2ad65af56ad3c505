"""Fallbacks are merged over their section."""

from parley.agent_config import LlmConfig, TtsConfig


def test_a_fallback_is_merged_over_its_section() -> None:
    """Keys that it does not name keep their values; it has no further fallbacks."""
    section = LlmConfig(model="a", temperature=0.9, fallbacks=({"model": "b"}, {"timeout_s": 2}))
    first, second, third = section.chain

    assert (first.model, second.model, third.model) == ("a", "b", "a")
    assert (second.temperature, third.timeout_s) == (0.9, 2)
    assert not any(config.fallbacks for config in section.chain)


def test_a_fallback_of_another_provider_inherits_no_model_voice_or_options() -> None:
    """These keys have a meaning for one provider only."""
    section = TtsConfig(
        voice="v", model="m", speed=1.1, options={"a": 1}, fallbacks=({"provider": "other", "voice": "w"},)
    )
    other = section.chain[1]

    assert (other.provider, other.voice, other.speed) == ("other", "w", 1.1)
    assert (other.model, other.options) == ("", {})


def test_options_are_merged_key_by_key() -> None:
    """This applies to a fallback with the same provider."""
    section = TtsConfig(options={"a": 1, "b": 1}, fallbacks=({"options": {"b": 2}},))

    assert section.chain[1].options == {"a": 1, "b": 2}
