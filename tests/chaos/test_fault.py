"""Tests of `parley fault edge-drop`, run as a user runs it."""

import asyncio
import sys
from pathlib import Path

import pytest

from cli.call_log import open_bus
from parley.bus import streams, subjects
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import running_up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Longer than the start of the command on a slow machine.
QUESTIONS = (
    "what are your opening hours",
    "i need a refill of my prescription",
    "can you repeat that please",
)
SCRIPT = parse_script(
    {"steps": [*(s for q in QUESTIONS for s in ("listen", {"say": q})), "listen", "hang_up"]}
)


async def edge_drop(home: Path) -> tuple[int | None, str]:
    """Run the command; returns its exit code and output."""
    command = (sys.executable, "-m", "cli.main", "fault", "edge-drop", "--home", str(home))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_a_call_resumes_at_the_other_edge(tmp_path: Path) -> None:
    """The command reports the method and delay; without a call it explains what to do."""
    home = tmp_path / "home"
    with running_up(home, "--copies", "2", PARLEY_SANDBOX_STT="oracle", PARLEY_SANDBOX_TTS="tone") as up:
        without_call = await edge_drop(home)
        async with open_telephone(up.system.telephone_url) as telephone, open_bus(up.system.nats_url) as bus:
            call_sid = await telephone.call(SCRIPT)
            started = subjects.call_event(call_sid, "playback_started")
            await eventually(lambda: bus.streams.read(streams.CALLS, started), timeout_s=20, interval_s=0.1)
            dropped = await edge_drop(home)
            async for _ in telephone.events(call_sid):
                pass
            report = await telephone.report(call_sid)

    assert without_call[0] == 1
    assert "no call is in progress" in without_call[1]
    assert dropped[0] == 0, dropped[1]
    assert "Twilio requested" in dropped[1]
    assert "a new stream is open" in dropped[1]
    assert report.outcome == "completed"
    assert report.responses[0].gap_ms is not None
