"""Tests of the options of the `parley` command."""

import json
from importlib.metadata import version
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app


def test_the_version_is_printed() -> None:
    """The version is that of the installed distribution."""
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"parley {version('parley')}\n")


def test_a_call_without_arguments_prints_the_help() -> None:
    """The help lists every command."""
    output = CliRunner().invoke(app, []).output
    assert "doctor" in output
    assert "replay" in output


def test_the_environment_of_a_running_system_is_printed(tmp_path: Path) -> None:
    """The lines can be evaluated by a shell."""
    state = {"environment": {"PARLEY_NATS_URL": "nats://a b"}, "sandbox_urls": {}}
    (tmp_path / "system.json").write_text(json.dumps(state), encoding="utf-8")
    printed = CliRunner().invoke(app, ["env", "--home", str(tmp_path)])
    missing = CliRunner().invoke(app, ["env", "--home", str(tmp_path / "other")])

    assert (printed.exit_code, printed.output) == (0, "export PARLEY_NATS_URL='nats://a b'\n")
    assert missing.exit_code == 1
