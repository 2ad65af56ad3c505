"""Tests for `parley replay` with a finished call."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.call_log import follow, open_bus
from sandbox.caller.client import open_telephone
from sandbox.caller.script import parse_script
from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCRIPT = parse_script(
    {
        "steps": [
            "listen",
            {"say": "what are your opening hours"},
            {"say": {"text": "no wait", "after_agent_starts_ms": 1500}},
            {"listen": {"silence_ms": 1500}},
            {"noise": {"kind": "cough", "ms": 300}},
            {"say": "thank you goodbye"},
            "expect_hang_up",
        ]
    }
)


async def a_call(up: Up) -> str:
    """Make a call and wait for its end; return its CallSid."""
    async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
        call_sid = await telephone.call(SCRIPT)
        async for _ in follow(bus, call_sid):
            pass
    return call_sid


def replay(up: Up, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `parley replay`."""
    command = [sys.executable, "-m", "cli.main", "replay", *arguments, "--home", str(up.home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_call_is_replayed_checked_and_forked(up: Up, tmp_path: Path) -> None:
    """The same code takes the same actions; another agent file gives other answers."""
    call_sid = await a_call(up)
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
