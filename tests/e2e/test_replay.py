"""Tests for `parley replay` with a finished call."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def replay(up: Up, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `parley replay`."""
    command = [sys.executable, "-m", "cli.main", "replay", *arguments, "--home", str(up.home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_call_is_replayed_checked_and_forked(up: Up, finished_call: str, tmp_path: Path) -> None:
    """The same code takes the same actions; another agent file gives other answers."""
    call_sid = finished_call
    agents = tmp_path / "agents"
    agents.mkdir()
    llm = {"model": "sandbox-echo", "speculation": {"enabled": False}}
    (agents / "calm.yaml").write_text(yaml.safe_dump({"prompt": "x", "llm": llm}))

    steps, same = replay(up, call_sid), replay(up, call_sid, "--check")
    other = replay(up, call_sid, "--check", "--agent", "calm", "--agents", str(agents))
    forked = replay(up, call_sid, "--fork", "1", "--agent", "calm", "--agents", str(agents))
    wrong = replay(up, call_sid, "--fork", "9")
    unknown = replay(up, "CA" + "0" * 32)

    assert steps.returncode == 0, steps.stderr
    assert "turn 1 is unanswered" in steps.stdout
    assert "to synthesize: r1 from clause 0" in steps.stdout
    assert same.returncode == 0, same.stdout
    assert "the current code takes the same actions" in same.stdout
    assert other.returncode == 1
    assert "speculate on turn" in " ".join(other.stdout.split())
    assert forked.returncode == 0, forked.stdout
    assert "You said" in forked.stdout
    assert (wrong.returncode, unknown.returncode) == (1, 1)
    assert "no turn 9" in wrong.stdout
    assert "no log of" in unknown.stdout
