"""The command line's own options."""

from importlib.metadata import version

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
