"""A call that is served by a real brain with real NATS and a model server of the test."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from parley.bus import connect, subjects
from parley.events.envelope import Body as EventBody
from parley.events.envelope import event_body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    FallbackRequested,
    HangUpRequested,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import StageClaimed, Work
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from tests.event_factories import bodies_of
from tests.field.model_server import ModelServer

Environment: TypeAlias = tuple[str, Path, pytest.MonkeyPatch]
"""The bus, a folder for agent files, and environment variables."""

CALL = "CA1"
TURN_LIMIT_S = 3.4
"""The caller must hear something within 4 s, of which the end of the turn takes 0.6 s to detect."""
_TEST_TIMEOUT_S = 25.0
BOOK = {
    "name": "book",
    "description": "Books a visit.",
    "parameters": {"type": "object", "properties": {"day": {"type": "string"}}},
    "timeout_s": 2,
}


@dataclass
class Turn:
    """One turn of the caller, with the brain's events in it."""

    number: int
    began_s: float
    bodies: list[EventBody] = field(default_factory=list)
    first_clause_s: float | None = None
    """Seconds until the first clause of an answer; fillers do not count."""
    requests: int = 0

    @property
    def spoken(self) -> str:
        """The text of its answers."""
        answers = self._answers
        return "".join(body.text for body in bodies_of(self.bodies, ReplyClause) if body.reply_id in answers)

    @property
    def is_complete(self) -> bool:
        """Whether the agent has nothing more to do in this turn."""
        called = {body.tool_call_id for body in bodies_of(self.bodies, ToolCalled)}
        returned = {body.tool_call_id for body in bodies_of(self.bodies, ToolReturned)}
        answers = self._answers
        ends = [body.reason for body in bodies_of(self.bodies, ReplyFinished) if body.reply_id in answers]
        if bodies_of(self.bodies, FallbackRequested):
            return True
        if bodies_of(self.bodies, HangUpRequested):
            return called <= returned
        return bool(ends) and called <= returned and ends[-1] not in ("tool_calls", "interrupted")

    @property
    def _answers(self) -> set[str]:
        started = bodies_of(self.bodies, ReplyStarted)
        return {body.reply_id for body in started if body.kind == REPLY_KIND_ANSWER}


class BrainCall:
    """The caller's side of the call."""

    def __init__(self, server: ModelServer, stt: CallEventLog, observer: CallEventLog) -> None:
        self.server = server
        self.claims = 0
        self.bodies: list[EventBody] = []
        self._stt = stt
        self._events = observer.__aiter__()
        self._turns = 0

    async def append(self, body: EventBody) -> None:
        """Append an event of another stage."""
        await self._stt.append(body)

    async def turn(self, text: str) -> Turn:
        """Say something; return what the brain did until it had nothing more to do."""
        turn = await self.begin_turn(text)
        async with asyncio.timeout(_TEST_TIMEOUT_S):
            while not turn.is_complete:
                await self.read(turn)
        turn.requests = len(self.server.requests) - turn.requests
        return turn

    async def begin_turn(self, text: str) -> Turn:
        """Say something."""
        self._turns += 1
        turn = Turn(self._turns, time.monotonic(), requests=len(self.server.requests))
        await self.append(TurnEnded(turn=self._turns, text=text, decided_by="speech_final"))
        return turn

    async def read(self, turn: Turn) -> EventBody:
        """Read the next event of the brain."""
        while True:
            body = event_body(await anext(self._events))
            self.claims += isinstance(body, StageClaimed)
            if body is None or isinstance(body, StageClaimed | TurnEnded):
                continue
            self.bodies.append(body)
            turn.bodies.append(body)
            if turn.first_clause_s is None and turn.spoken:
                turn.first_clause_s = time.monotonic() - turn.began_s
            return body

    async def read_until(self, turn: Turn, kind: type[EventBody]) -> EventBody:
        """Read up to the next event of one type."""
        async with asyncio.timeout(_TEST_TIMEOUT_S):
            while not isinstance(body := await self.read(turn), kind):
                pass
        return body


@asynccontextmanager
async def brain_call(
    server: ModelServer, nats_url: str, folder: Path, environment: pytest.MonkeyPatch, **agent: object
) -> AsyncIterator[BrainCall]:
    """Run the server and a brain with it; yield a call that the brain has claimed."""
    async with server.running(), asyncio.TaskGroup() as tasks:
        section = {"prompt": "Speak.", "tools": ["end_call", {**BOOK, "url": server.tool_url}], **agent}
        (folder / "test.yaml").write_text(yaml.safe_dump(section))
        environment.setenv("OPENAI_API_KEY", "k")
        environment.setenv("OPENAI_BASE_URL", server.url)
        settings = BrainSettings(nats_url=nats_url, agents_dir=str(folder), drain_timeout_s=5)
        stop = asyncio.Event()
        tasks.create_task(
            run_stage("brain", settings, 0, partial(open_service, settings), stop, folds=(BRAIN,))
        )
        async with (
            connect(nats_url, "test", timeout_s=30) as bus,
            open_outbox(bus) as outbox,
            open_call_log(bus, outbox, CALL, "edge", 1) as edge,
            open_call_log(bus, outbox, CALL, "stt", 1) as stt,
            open_call_log(bus, outbox, CALL, "test", 1) as observer,
        ):
            await edge.append(CallStarted(agent="test"))
            await outbox.wait_acked(5)
            await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
            call = BrainCall(server, stt, observer)
            try:
                yield call
            finally:
                await edge.append(CallEnded(reason="hangup"))
                await outbox.wait_acked(5)
                stop.set()


def assert_served(call: BrainCall, *turns: Turn) -> str:
    """Check that each turn was answered in time, with few requests, without a restart; return a summary."""
    for turn in turns:
        first_s = turn.first_clause_s
        answered = first_s is not None and first_s < TURN_LIMIT_S
        assert answered or bodies_of(turn.bodies, FallbackRequested), f"turn {turn.number}: {first_s}"
        assert turn.requests <= 3, f"turn {turn.number}: {turn.requests} requests"
    assert call.claims == 1, "the stage was restarted"
    took = ", ".join(f"{turn.first_clause_s:.1f} s" if turn.first_clause_s else "fallback" for turn in turns)
    spoken = "; ".join(repr(turn.spoken[:40]) for turn in turns)
    return f"{took}; {[turn.requests for turn in turns]} requests; {spoken}"
