"""Agent files are read and validated, and each error states a remedy."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import LlmConfig, SttConfig, TtsConfig, load_agent_config
from parley.errors import ConfigError


def test_the_shipped_agents_are_valid() -> None:
    """Each file in agents/ can answer a call."""
    for path in Path("agents").glob("*.yaml"):
        assert load_agent_config("agents", path.stem).name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prompt: [", "not valid YAML"),
        ("- a list", "must contain keys"),
        ("greeting: hello", "prompt: Field required"),
        ("prompt: hi\nllm: {temperature: 9}", "llm.temperature"),
        ("prompt: hi\nthinkin: {}", "thinkin: Extra inputs"),
        ("prompt: hi\nllm: {fallbacks: [{modle: x}]}", "llm: fallbacks.0.modle: Extra inputs"),
        ("prompt: hi\ntts: {fallbacks: [{speed: 9}]}", "tts: fallbacks.0.speed: Input should be"),
        ("prompt: hi\nllm: {fallbacks: [{fallbacks: []}]}", "llm: fallbacks.0.fallbacks: belongs"),
        ("prompt: hi\nllm: {reasoning_effort: off}", "llm.reasoning_effort: YAML reads `off`"),
        ("prompt: hi\nllm: {reasoning_effort: 3}", "llm.reasoning_effort: Input should be a valid string"),
        ("prompt: hi\nllm: {api: completions}", "llm.api: Input should be 'auto', 'chat' or 'responses'"),
        ("prompt: hi\nllm: {extra: {messages: []}}", "llm.extra: messages cannot be set here"),
        ("prompt: hi\nllm: {extra: {model: x}}", "llm.extra: model: use llm.model instead"),
        ("prompt: hi\nllm: {fallbacks: [{extra: 1}]}", "llm: fallbacks.0.extra: Input should be"),
        (
            "prompt: hi\nstt: {fallbacks: [{turn_silence_ms: 9}]}",
            "fallbacks.0.turn_silence_ms: belongs",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_file_key_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    """The error names the file, the key and the problem."""
    (tmp_path / "shop.yaml").write_text(text)

    with pytest.raises(ConfigError, match=r"shop\.yaml") as error:
        load_agent_config(tmp_path, "shop")

    assert reason in str(error.value)


def test_a_missing_file_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    """The error lists the agents that exist."""
    (tmp_path / "shop.yaml").write_text("prompt: hi")

    with pytest.raises(ConfigError, match="contains: shop"):
        load_agent_config(tmp_path, "shpo")


def test_a_name_is_not_a_path(tmp_path: Path) -> None:
    """The parameter of a webhook cannot refer to a file outside the folder."""
    with pytest.raises(ConfigError, match="not the name"):
        load_agent_config(tmp_path, "../secrets")


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
    assert (other.model, other.options) == (TtsConfig().model, {})


def test_options_are_merged_key_by_key() -> None:
    """This applies to a fallback with the same provider."""
    section = TtsConfig(options={"a": 1, "b": 1}, fallbacks=({"options": {"b": 2}},))

    assert section.chain[1].options == {"a": 1, "b": 2}


def test_models_of_different_kinds_cannot_be_mixed() -> None:
    """A Flux model decides on turns alone; a call cannot change from one kind to the other."""
    with pytest.raises(ValidationError, match="flux"):
        SttConfig(model="nova-3", fallbacks=({"model": "flux-general-en"},))


MODEL_KEYS: dict[str, Any] = {
    "api": "responses",
    "profile": "mistral",
    "reasoning_effort": "low",
    "extra": {"seed": 1},
}


@pytest.mark.parametrize(
    ("entry", "inherited"),
    [
        ({"timeout_s": 2}, True),
        ({"model": "a"}, True),
        ({"options": {"api_key_env": "OTHER"}}, True),
        ({"model": "b"}, False),
        ({"provider": "other"}, False),
        ({"options": {"base_url": "http://b/v1"}}, False),
    ],
)
def test_what_is_for_one_model_is_not_inherited_by_another(entry: dict[str, object], inherited: bool) -> None:
    """Settings that one model needs may be refused by another."""
    section = LlmConfig(model="a", options={"base_url": "http://a/v1"}, fallbacks=(entry,), **MODEL_KEYS)
    _, fallback = section.chain

    own = section if inherited else LlmConfig()
    assert all(getattr(fallback, key) == getattr(own, key) for key in MODEL_KEYS)


def test_a_key_is_not_inherited_by_another_server() -> None:
    """A key is never sent to a server that it was not named for."""
    options = {"base_url": "http://a/v1", "api_key_env": "A_KEY"}
    entries = ({"options": {"base_url": "http://b/v1"}}, {"options": {"base_url": "http://a/v1"}})
    _, other, same = LlmConfig(options=options, fallbacks=entries).chain

    assert other.options == {"base_url": "http://b/v1"}
    assert same.options == options


def test_null_turns_the_temperature_off(tmp_path: Path) -> None:
    """YAML's null reaches the fallbacks too."""
    (tmp_path / "shop.yaml").write_text("prompt: x\nllm: {temperature: null, fallbacks: [{model: b}]}")

    assert [c.temperature for c in load_agent_config(tmp_path, "shop").llm.chain] == [None, None]


@pytest.mark.parametrize(
    ("written", "read"), [("off", "off"), ("on", "on"), ("auto", "auto"), ('"off"', "off")]
)
def test_on_and_off_need_no_quotes(tmp_path: Path, written: str, read: str) -> None:
    """YAML reads them as booleans."""
    (tmp_path / "a.yaml").write_text(f"prompt: x\ntts: {{text_normalization: {written}}}\n")

    assert load_agent_config(tmp_path, "a").tts.text_normalization == read
