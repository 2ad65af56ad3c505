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
        ("prompt: [", "line 1: not valid YAML"),
        ("- a list", "line 1: the file must contain keys"),
        ("greeting: hello", "line 1: prompt: is missing; add `prompt: …`"),
        ("prompt: hi\nllm: {temperature: 9}", "llm.temperature"),
        ("prompt: hi\nthinkin: {}", "line 2: thinkin: unknown key"),
        (
            "prompt: hi\nllm: {fallbacks: [{modle: x}]}",
            "line 2: llm.fallbacks.0.modle: unknown key",
        ),
        ("prompt: hi\ntts: {fallbacks: [{speed: 9}]}", "tts.fallbacks.0.speed: must be"),
        ("prompt: hi\nllm: {fallbacks: [{fallbacks: []}]}", "llm.fallbacks.0.fallbacks: belongs"),
        ("prompt: hi\nllm: {reasoning_effort: off}", "llm.reasoning_effort: YAML reads `off`"),
        (
            "prompt: hi\nllm: {reasoning_effort: 3}",
            "llm.reasoning_effort: must be a text, not 3",
        ),
        ("prompt: hi\nllm: {api: completions}", "llm.api: must be 'auto', 'chat' or 'responses'"),
        ("prompt: hi\nllm: {extra: {messages: []}}", "llm.extra: messages cannot be set here"),
        ("prompt: hi\nllm: {extra: {model: x}}", "llm.extra.model: use llm.model instead"),
        ("prompt: hi\nllm: {fallbacks: [{extra: 1}]}", "llm.fallbacks.0.extra: must be a section"),
        (
            "prompt: hi\nstt: {fallbacks: [{turn_silence_ms: 9}]}",
            "stt.fallbacks.0.turn_silence_ms: belongs",
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"prompt: \xff\xfe", "line 1: not UTF-8"),
        ("prompt: x\ngreeting: é".encode("latin-1"), "line 2: not UTF-8 (byte 0xe9)"),
        (b"x" * 300_000, "larger than 256 KiB"),
        (b"", "line 1: the file is empty"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """The error states where they are."""
    (tmp_path / "shop.yaml").write_bytes(content)

    with pytest.raises(ConfigError) as error:
        load_agent_config(tmp_path, "shop")
    assert reason in str(error.value)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    (tmp_path / "shop.yaml").write_bytes(b"\xef\xbb\xbfprompt: hi\n")

    assert load_agent_config(tmp_path, "shop").prompt == "hi"


def test_a_name_is_not_a_path(tmp_path: Path) -> None:
    """The parameter of a webhook cannot refer to a file outside the folder."""
    with pytest.raises(ConfigError, match="not the name"):
        load_agent_config(tmp_path, "../secrets")
