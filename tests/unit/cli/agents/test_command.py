"""Tests of the commands without a system; with one: tests/integration/test_agents_command.py."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from cli.agents import command
from cli.agents.command import AgentsOptions


def options(folder: Path, *, as_json: bool = False) -> AgentsOptions:
    """Options that write into a buffer; no system runs."""
    console = Console(file=io.StringIO(), width=200)
    return AgentsOptions(folder / "home", str(folder), as_json, console)


def printed(given: AgentsOptions) -> str:
    """The output of a command."""
    assert isinstance(given.console.file, io.StringIO)
    return given.console.file.getvalue()


def test_a_mistake_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    """Editors can jump to it."""
    (tmp_path / "shop.yaml").write_text("prompt: hi\ntts: {voic: x}")
    given = options(tmp_path)

    assert command.check(given, []) == 1
    assert f"{tmp_path}/shop.yaml:2: tts.voic: unknown key; did you mean voice?" in printed(given)
    assert "0 of 1 files are right" in printed(given)


@pytest.mark.parametrize("name", ["shop", "shop.yaml"])
def test_an_agent_or_a_path_can_be_named(tmp_path: Path, name: str) -> None:
    """A path may be outside the folder."""
    (tmp_path / "shop.yaml").write_text("prompt: hi")
    (tmp_path / "wrong.yaml").write_text("x")
    given = options(tmp_path, as_json=True)

    assert command.check(given, [str(tmp_path / name) if name.endswith("yaml") else name]) == 0
    [result] = json.loads(printed(given))
    assert (result["agent"], result["problems"]) == ("shop", [])


def test_a_wrong_file_is_not_applied(tmp_path: Path) -> None:
    """The system is not even asked."""
    (tmp_path / "shop.yaml").write_text("x")
    given = options(tmp_path)

    assert command.apply(given, [], dry_run=False) == 1
    assert "shop.yaml:1" in printed(given)


@pytest.mark.parametrize("run", [command.list_agents, lambda given: command.diff(given, "shop")])
def test_without_a_system_the_exit_code_is_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[AgentsOptions], int]
) -> None:
    """The message states how to start one."""
    monkeypatch.delenv("PARLEY_NATS_URL", raising=False)
    (tmp_path / "shop.yaml").write_text("prompt: hi")
    given = options(tmp_path)

    assert run(given) == 2
    assert "parley up" in printed(given)


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    """The setting is named."""
    given = options(tmp_path)

    assert command.check(given, []) == 1
    assert "PARLEY_AGENTS_DIR" in printed(given)


def test_a_folder_can_be_named(tmp_path: Path) -> None:
    """All of its files are checked."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "shop.yaml").write_text("prompt: hi")
    given = options(tmp_path)

    assert command.check(given, [str(tmp_path / "mine")]) == 0
    assert "1 of 1 files are right" in printed(given)
    (tmp_path / "empty").mkdir()
    assert command.check(given, [str(tmp_path / "empty")]) == 1
    assert "no agent files in this folder" in printed(given)
