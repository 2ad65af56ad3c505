"""Shadows of stt and brain beside a live call."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from cli.call_log import follow, open_bus
from parley.bus import streams, subjects
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCRIPT = parse_script(
    {
        "steps": [
            "listen",
            {"say": "what are your opening hours"},
            "listen",
            {"say": "thank you goodbye"},
            "expect_hang_up",
        ]
    }
)


@asynccontextmanager
async def shadow(up: Up, stage: str, log: Path, **variables: str) -> AsyncIterator[None]:
    """Run a shadow process; yields when it is ready."""
    state = up.state
    env = {
        **os.environ,
        "PARLEY_SHADOW": "true",
        "PARLEY_NATS_URL": up.system.nats_url,
        f"PARLEY_{stage.upper()}_PORT": "0",
        "PARLEY_DEEPGRAM_URL": state["sandbox_urls"]["deepgram"],
        "DEEPGRAM_API_KEY": "sandbox",
        "PARLEY_LOG_FORMAT": "json",
        **variables,
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{stage}", env=env, stderr=out
        )
    try:
        await eventually(lambda: is_ready(log), timeout_s=60)
        yield
        process.terminate()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


def is_ready(log: Path) -> bool:
    """Whether the process has logged that it is ready."""
    return '"ready"' in log.read_text("utf-8")


def differences(log: Path) -> list[dict[str, object]]:
    """The differences that the shadow logged."""
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    assert not [line for line in lines if line["level"] == "error"], lines
    return [line for line in lines if line["event"] == "shadow_difference"]


async def test_shadows_report_differences_and_change_nothing(up: Up, tmp_path: Path) -> None:
    """An identical brain and stt report nothing; a brain with another agent file does."""
    agents = tmp_path / "agents"
    agents.mkdir()
    calm = {"prompt": "x", "llm": {"speculation": {"enabled": False}}}
    (agents / "clinic.yaml").write_text(yaml.safe_dump(calm))
    same, other, stt = (tmp_path / f"{name}.log" for name in ("same", "other", "stt"))
    async with (
        shadow(up, "brain", same),
        shadow(up, "brain", other, PARLEY_SHADOW_AGENTS_DIR=str(agents)),
        shadow(up, "stt", stt),
        open_bus(up.system.nats_url) as bus,
        open_telephone(up.system.telephone_url) as telephone,
    ):
        call_sid = await telephone.call(SCRIPT)
        events = [event async for event in follow(bus, call_sid)]
        assert await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    report_turns = [event for event in events if event.HasField("turn_ended")]

    assert len(report_turns) == 2
    assert {event.stage for event in events} == {"webhook", "edge", "stt", "brain", "tts", "recorder"}
    assert differences(same) == []
    assert differences(stt) == []
    assert "speculate on turn" in str(differences(other))
