"""Agent files: read, validated, with errors that say what to do."""

from pathlib import Path

import pytest

from parley.agent_config import load_agent_config
from parley.errors import ConfigError


def test_the_shipped_agents_are_valid() -> None:
    """Each file in agents/ can answer a call."""
    for path in Path("agents").glob("*.yaml"):
        assert load_agent_config("agents", path.stem).name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt: [", "is no YAML"),
        ("- a list", "must hold keys"),
        ("greeting: hello", "prompt: Field required"),
        ("prompt: hi\nllm: {temperature: 9}", "llm.temperature"),
        ("prompt: hi\nthinkin: {}", "thinkin: Extra inputs"),
    ],
)
def test_a_wrong_file_is_told_by_file_key_and_reason(tmp_path: Path, text: str, told: str) -> None:
    """The error names the file and what in it is wrong."""
    (tmp_path / "shop.yaml").write_text(text)

    with pytest.raises(ConfigError, match=r"shop\.yaml") as error:
        load_agent_config(tmp_path, "shop")

    assert told in str(error.value)


def test_a_missing_file_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    """The error lists the agents that could have been meant."""
    (tmp_path / "shop.yaml").write_text("prompt: hi")

    with pytest.raises(ConfigError, match="holds: shop"):
        load_agent_config(tmp_path, "shpo")


def test_a_name_is_no_path(tmp_path: Path) -> None:
    """A webhook's parameter cannot reach outside the folder."""
    with pytest.raises(ConfigError, match="no name"):
        load_agent_config(tmp_path, "../secrets")
