"""Tests for notes that a brain requests during a long call, with the strict emulator of OpenAI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import yaml

from parley.bus import connect, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.health import serve
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import ConversationSummarized, ReplyClause, ReplyFinished, ToolReturned
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import StageFailed, Work
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from tests.event_factories import bodies_of

CALL = "CA1"
LOOK = {
    "name": "look",
    "description": "Looks something up.",
    "parameters": {"type": "object", "properties": {}},
    "url": "http://127.0.0.1:9/",
    "timeout_s": 0.5,
}
SCENARIO = {
    "rules": [
        {"when": r'^\{"notes"', "say": "The caller is Ann. Her number is 4711."},
        {"when": "look", "call": "look"},
    ],
    "otherwise": {"say": "You said {user}."},
}

_BodyT = TypeVar("_BodyT")


class LongCall:
    """The other stages of a call that a brain serves."""

    def __init__(self, events: AsyncIterator[Event], others: CallEventLog) -> None:
        self._events = events
        self._others = others
        self.bodies: list[Body] = []

    async def turn(self, number: int, text: str) -> str:
        """Say something, play the answer while notes may be written; return the answer."""
        await self._others.append(TurnEnded(turn=number, text=text, decided_by="speech_final"))
        first = len(self.bodies)
        finished = await self.until(ReplyFinished)
        while finished.reason != "stop":
            finished = await self.until(ReplyFinished)
        await self._others.append(PlaybackStarted(reply_id=finished.reply_id))
        if number > 4 and not bodies_of(self.bodies, ConversationSummarized):
            await self.until(ConversationSummarized)
        await self._others.append(PlaybackFinished(reply_id=finished.reply_id, played_samples=8000))
        clauses = bodies_of(self.bodies[first:], ReplyClause)
        return "".join(clause.text for clause in clauses)

    async def until(self, kind: type[_BodyT]) -> _BodyT:
        """Read up to the next event of one type."""
        async for event in self._events:
            body = event_body(event)
            if body is not None:
                self.bodies.append(body)
            if isinstance(body, kind):
                return body
        raise AssertionError("the log has ended")


@asynccontextmanager
async def long_call(
    nats_url: str, folder: Path, environment: pytest.MonkeyPatch, api: str
) -> AsyncIterator[LongCall]:
    """Run a brain that may send at most four turns word for word."""
    scenario = folder / "scenarios" / "long.yaml"
    scenario.parent.mkdir()
    scenario.write_text(yaml.safe_dump(SCENARIO))
    llm = {"api": api, "history": {"max_turns": 4}}
    agent = {"prompt": "Speak.", "greeting": "", "tools": [LOOK], "llm": llm, "fillers": {"phrases": []}}
    (folder / "test.yaml").write_text(yaml.safe_dump(agent))
    emulator = OpenAIEmulator(
        OpenAISandboxSettings(scenario=str(scenario), first_token_ms=5, tokens_per_s=1000)
    )
    async with (
        asyncio.timeout(25),
        serve(emulator.app(), "127.0.0.1", 0) as port,
        connect(nats_url, "test", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, CALL, "edge", 1) as others,
        asyncio.TaskGroup() as tasks,
    ):
        environment.setenv("OPENAI_API_KEY", "k")
        environment.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        settings = BrainSettings(nats_url=nats_url, agents_dir=str(folder), drain_timeout_s=5)
        await others.append(CallStarted(agent="test"))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        stop = asyncio.Event()
        tasks.create_task(
            run_stage("brain", settings, 0, partial(open_service, settings), stop, folds=(BRAIN,))
        )
        yield LongCall(others.__aiter__(), others)
        await others.append(CallEnded(reason="agent"))
        stop.set()


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_notes_replace_the_beginning_of_a_long_call(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    """The server accepts the request for notes, and the following requests, which contain them."""
    async with long_call(nats_url, tmp_path, monkeypatch, api) as call:
        for number in range(1, 8):
            text = "look it up" if number == 3 else f"number {number}"
            answer = await call.turn(number, text)
            assert answer.startswith("You said") or number == 3

    [summarized] = bodies_of(call.bodies, ConversationSummarized)
    assert summarized.text == "The caller is Ann. Her number is 4711."
    assert (summarized.through_turn, summarized.provider) == (3, "openai")
    assert answer == "You said number 7."
    assert bodies_of(call.bodies, ToolReturned)
    assert not bodies_of(call.bodies, StageFailed)
