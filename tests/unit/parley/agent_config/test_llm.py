"""The section `llm`: what a fallback inherits, and the temperature."""

from pathlib import Path
from typing import Any

import pytest

from parley.agent_config import LlmConfig, load_agent_config

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
