"""Tests of `parley demo`, run as a new user runs it."""

import sys
from pathlib import Path

import pytest

from tests.run_program import run_program

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(240)]


def test_the_demo_succeeds(tmp_path: Path) -> None:
    """Four turns are recognised, and the transcribed recording contains both sides."""
    command = [sys.executable, "-W", "ignore", "-m", "cli.main", "demo", "--home", str(tmp_path / "home")]
    done = run_program(command, timeout_s=180, COLUMNS="200")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "endpointing" in done.stdout
    assert list((tmp_path / "home" / "recordings").rglob("*.wav"))
    assert list((tmp_path / "home" / "recordings").rglob("*.txt"))
