"""Killing a stage's process during a call: the call continues."""

import asyncio
import os
import signal

import pytest

from cli.call_log import follow, open_bus
from cli.calls import read_script
from cli.live_view import LiveView
from cli.wer import match_texts
from sandbox.caller.client import open_telephone
from sandbox.caller.script import Say
from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("stage", ["stt", "brain", "tts", "recorder"])
async def test_no_word_is_lost_when_a_stage_is_killed(up: Up, stage: str) -> None:
    """After a SIGKILL in the caller's second turn, every turn is transcribed once and answered."""
    script, live = read_script(None), LiveView()
    async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
        call_sid = await telephone.call(script)
        utterances = 0
        async with asyncio.timeout(120):
            async for event in follow(bus, call_sid):
                live.lines(event)
                utterances += event.HasField("speech_started")
                if event.HasField("speech_started") and utterances == 2:
                    os.kill(up.pid_of(f"services.{stage}"), signal.SIGKILL)
        report = await telephone.report(call_sid)

    wanted = [step.text for step in script.steps if isinstance(step, Say)]
    assert report.outcome == "completed", report
    assert [turn.turn for turn in live.latencies.turns] == [1, 2, 3, 4]
    assert all(response.gap_ms is not None for response in report.responses), report
    assert match_texts(" ".join(wanted), " ".join(t.caller_text for t in live.latencies.turns)).fraction == 1
