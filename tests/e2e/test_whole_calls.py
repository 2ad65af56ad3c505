"""Whole calls through all five services over real NATS and Postgres."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest

from cli.call_log import follow, open_bus
from cli.calls import call_all, read_script
from cli.live_view import LiveView
from cli.recording import path_of, read_channels
from cli.wer import match_texts, normalize
from parley.v1.event_pb2 import Event
from sandbox import tone
from sandbox.caller.caller_pool import caller_pool
from sandbox.caller.client import open_telephone
from sandbox.caller.report import Report
from sandbox.caller.script import Script
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def hold(
    up: Up, script: Script, on_event: Callable[[Event], Awaitable[None]] | None = None
) -> tuple[LiveView, Report, str]:
    """Hold one call and wait until it is recorded."""
    live = LiveView()
    async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
        call_sid = await telephone.call(script)
        async for event in follow(bus, call_sid):
            live.lines(event)
            if on_event is not None:
                await on_event(event)
        return live, await telephone.report(call_sid), call_sid


async def test_a_call_is_answered_recorded_and_stored(up: Up) -> None:
    """The recording contains both sides; Postgres has the transcript and the latencies of four turns."""
    live, report, call_sid = await hold(up, read_script(None))

    assert report.outcome == "completed"
    assert [r.gap_ms is not None for r in report.responses] == [True] * 4
    path = Path(path_of(live.recording_url))
    caller, agent = read_channels(path)
    lines = json.loads(path.with_suffix(".json").read_text("utf-8"))["lines"]
    spoken = " ".join(line["text"] for line in lines if line["speaker"] == "agent")
    assert match_texts(spoken, tone.decode(agent)).fraction > 0.9
    for line in lines:
        channel = caller if line["speaker"] == "caller" else agent
        inside = channel[int(line["start_ms"]) * 8 : int(line["end_ms"]) * 8]
        assert sum(byte not in (0xFF, 0x7F) for byte in inside) > len(inside) / 2
    connection = await asyncpg.connect(up.state["environment"]["PARLEY_POSTGRES_URL"])
    rows = await connection.fetch("SELECT speaker FROM transcript WHERE call_sid = $1 ORDER BY n", call_sid)
    timings = await connection.fetch("SELECT latency_ms FROM turn_latencies WHERE call_sid = $1", call_sid)
    await connection.close()
    assert [row["speaker"] for row in rows] == ["agent", "caller"] * 4 + ["agent"]
    assert len(timings) == 4
    assert all(row["latency_ms"] > 0 for row in timings)


async def test_simultaneous_calls_are_not_crossed(up: Up) -> None:
    """Each caller receives only its own answers, and no service logs an error."""
    results = await call_all(up.system, caller_pool(10))

    assert [problem for result in results for problem in result.problems] == []
    assert all(result.answered == 5 for result in results)
    assert up.errors() == []


async def test_the_agent_can_be_interrupted(up: Up) -> None:
    """The greeting stops when the caller speaks, and the caller is answered."""
    script = parse_script(
        {
            "steps": [
                {"say": {"text": "what are your opening hours", "after_agent_starts_ms": 800}},
                "listen",
                {"say": "no thank you that is all goodbye"},
                {"expect_hang_up": {"timeout_s": 20}},
            ]
        }
    )
    live, report, _ = await hold(up, script)

    assert report.barge_ins[0].agent_silent_after_ms < 1000
    assert "nine to five" in live.latencies.turns[0].agent_text
    assert report.outcome == "completed"


async def test_a_failing_model_leads_to_an_apology_and_the_call_continues(up: Up) -> None:
    """The caller gets an apology, and the next turn is answered normally."""
    async with httpx.AsyncClient(base_url=up.state["sandbox_urls"]["openai"]) as client:

        async def refuse(status: int) -> None:
            (await client.patch("/sandbox/settings", json={"llm_refuse": status})).raise_for_status()

        async def on_event(event: Event) -> None:
            # Until the apology plays: a speculative request may be refused without effect.
            if event.HasField("playback_started") and event.playback_started.reply_id != "r1":
                await refuse(0)

        await refuse(401)
        live, report, call_sid = await hold(up, read_script(None), on_event)

    assert report.outcome == "completed"
    assert "something went wrong" in " ".join(normalize(live.latencies.turns[0].agent_text))
    assert any("OPENAI_API_KEY" in failure for failure in live.failures)
    assert {line.process for line in up.errors() if call_sid in line.text} == {"brain"}
