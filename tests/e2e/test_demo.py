"""The first thing that anybody does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(240)]


def test_the_demo_ends_well(tmp_path: Path) -> None:
    """A conversation of four turns, really recognised; the recording, heard again, holds both sides."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cli.main", "demo", "--home", str(tmp_path / "home")],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "hearing" in done.stdout
    assert list((tmp_path / "home" / "recordings").rglob("*.wav"))
    assert list((tmp_path / "home" / "recordings").rglob("*.txt"))
