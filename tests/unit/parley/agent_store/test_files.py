"""Tests of the agent files of a machine."""

from pathlib import Path

import pytest

from parley.agent_store.files import AgentFiles, ParsedAgents
from parley.agent_store.version import version_of
from parley.errors import ConfigError


def test_a_change_of_a_file_is_a_new_version(tmp_path: Path) -> None:
    """It is read each time, and parsed once."""
    files = AgentFiles(tmp_path, ParsedAgents())
    (tmp_path / "shop.yaml").write_text("prompt: one")
    first, again = files.load("shop"), files.load("shop")
    (tmp_path / "shop.yaml").write_text("prompt: two")
    second = files.load("shop")

    assert first is again
    assert (first.config.prompt, second.config.prompt) == ("one", "two")
    assert second.version == files.version("shop") == version_of("prompt: two")
    assert files.names() == ("shop",)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    """So is a missing one."""
    files = AgentFiles(tmp_path, ParsedAgents())
    (tmp_path / "shop.yaml").write_text("promt: one")

    for name in ("shop", "other"):
        with pytest.raises(ConfigError, match=f"{name}.yaml"):
            files.load(name)


def test_versions_that_are_not_used_are_forgotten() -> None:
    """The memory of a process does not grow with the number of edits."""
    parsed = ParsedAgents()
    oldest = parsed.parse("shop", "prompt: '0'", "test")
    for number in range(1, 501):
        parsed.parse("shop", f"prompt: '{number}'", "test")

    assert parsed.get("shop", oldest.version) is None
    assert parsed.get("shop", version_of("prompt: '1'")) is not None
