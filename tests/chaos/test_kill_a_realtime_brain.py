"""Killing the brain of a speech-to-speech call within a reply: another session continues it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
import yaml

from cli.call_log import follow, open_bus
from parley.agent_store import AgentBucket
from parley.v1.event_pb2 import Event
from sandbox.caller.client import open_telephone
from sandbox.caller.script import HangUp, Listen, Say, Script
from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

_BEGINNING = "We are open from eight to six on every day of the week but Sunday, when nobody is here."
_REST = "In December we close a little earlier."
_RESTART_MS = 12_000
"""The killed process is restarted, which takes longer than a takeover by another process."""


async def test_a_reply_is_continued_without_repetition(up: Up, tmp_path: Path) -> None:
    """Its words in the log are spoken to their end, and the model continues after them."""
    script = Script(
        "rms",
        (
            Listen(),
            Say("what are your opening hours"),
            Listen(silence_ms=_RESTART_MS),
            Say("thank you"),
            HangUp(),
        ),
    )
    events: list[Event] = []
    async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
        bucket = AgentBucket(bus)
        version = await bucket.add("realtime", _agent(tmp_path), timeout_s=5)
        await bucket.set_current("realtime", version, previous=None)
        voice_url = f"{up.system.edge_url}/voice?agent=realtime"
        call_sid = await telephone.call(script, voice_url=voice_url)
        async with asyncio.timeout(90):
            async for event in follow(bus, call_sid):
                events.append(event)
                if _is_first_clause(event) and event.epoch == 1:
                    os.kill(up.pid_of("services.brain"), signal.SIGKILL)
        report = await telephone.report(call_sid)

    assert report.outcome == "completed", report
    owners = [event for event in events if event.HasField("stage_claimed") and event.stage == "brain"]
    assert len(owners) == 2
    answers = {
        event.reply_started.reply_id: event.epoch for event in events if event.HasField("reply_started")
    }
    assert (answers["r2"], answers["r3"]) == (1, 2)
    spoken = " ".join(
        word.text
        for event in events
        if event.HasField("clause_synthesized") and event.clause_synthesized.reply_id in ("r2", "r3")
        for word in event.clause_synthesized.words
    )
    assert spoken == f"{_BEGINNING} {_REST}"


def _is_first_clause(event: Event) -> bool:
    clause = event.reply_clause
    return event.HasField("reply_clause") and (clause.reply_id, clause.clause) == ("r2", 0)


def _agent(folder: Path) -> str:
    model = folder / "realtime.yaml"
    rules = [{"when": "opening", "say": f"{_BEGINNING} {_REST}"}, {"say": "Goodbye."}]
    model.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
    agent = {
        "mode": "realtime",
        "prompt": "You answer the phone of a clinic.",
        "greeting": "Hello.",
        "idle": {"timeout_s": 60},
        "realtime": {"model": str(model)},
    }
    return yaml.safe_dump(agent)
