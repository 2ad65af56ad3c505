"""The programs of `make deploy-tools` run, each in the line of versions that it stands for."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("helm3", ["version", "--short"], "v3."),
        ("helm4", ["version", "--short"], "v4."),
        ("kubectl", ["version", "--client"], "Client Version: v1."),
        ("prometheus", ["--version"], "prometheus, version "),
        ("promtool", ["--version"], "promtool, version "),
        ("alertmanager", ["--version"], "alertmanager, version "),
        ("amtool", ["--version"], "amtool, version "),
    ],
)
def test_each_tool_runs(tool: Callable[[str], Path], name: str, arguments: list[str], expected: str) -> None:
    answer = subprocess.run([tool(name), *arguments], check=True, capture_output=True, text=True, timeout=30)
    assert expected in answer.stdout
