"""Agent files are read and validated, and each error states a remedy."""

from pathlib import Path

import pytest

from parley.agent_config import load_agent_config
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
