"""`parley fault edge-drop` as a user would hold it."""

import asyncio
import sys
from pathlib import Path

import pytest

from cli.call_log import open_bus
from parley.bus import streams, subjects
from sandbox.caller.client import open_telephone
from sandbox.caller.script import parse_script
from tests.e2e.running import running_up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Longer than it takes to start the drill on a slow machine.
ASKED = ("what are your opening hours", "i need a refill of my prescription", "can you repeat that please")
SCRIPT = parse_script({"steps": [*(s for q in ASKED for s in ("listen", {"say": q})), "listen", "hang_up"]})


async def drill(home: Path) -> tuple[int | None, str]:
    """Exit code, and what it printed."""
    command = (sys.executable, "-m", "cli.main", "fault", "edge-drop", "--home", str(home))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_a_call_comes_back_to_the_other_edge(tmp_path: Path) -> None:
    """The drill tells which way and how soon; without a call it says what to do."""
    home = tmp_path / "home"
    with running_up(home, "--copies", "2", PARLEY_SANDBOX_STT="oracle", PARLEY_SANDBOX_TTS="tone") as up:
        nobody = await drill(home)
        async with open_telephone(up.system.telephone_url) as telephone, open_bus(up.system.nats_url) as bus:
            call_sid = await telephone.call(SCRIPT)
            started = subjects.call_event(call_sid, "playback_started")
            await eventually(lambda: bus.streams.read(streams.CALLS, started), timeout_s=20, interval_s=0.1)
            held = await drill(home)
            async for _ in telephone.events(call_sid):
                pass
            report = await telephone.report(call_sid)

    assert nobody[0] == 1
    assert "no call is on" in nobody[1]
    assert held[0] == 0, held[1]
    assert "Twilio went on" in held[1]
    assert "another stream is open" in held[1]
    assert report.outcome == "completed"
    assert report.responses[0].gap_ms is not None
