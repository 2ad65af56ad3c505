"""A call that is served by a real brain with several agents and scripted models."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox, open_outbox
from parley.runtime.health import serve
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import DIRECTION_INBOUND, CallEnded, CallStarted
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import Work
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from tests.event_factories import bodies_of

CALL = "CA1"
_TIMEOUT_S = 15.0


class AgentsCall:
    """The caller's side of a call, and what the brain has appended."""

    def __init__(
        self, bus: Bus, edge: CallEventLog, stt: CallEventLog, observer: CallEventLog, turns: int = 0
    ) -> None:
        self.bodies: list[Body] = []
        self.bus = bus
        self.edge = edge
        self._stt = stt
        self._events = observer.__aiter__()
        self._turns = turns

    async def speak(self, text: str, language: str = "") -> None:
        """End a turn of the caller; `language` is the one that was detected."""
        self._turns += 1
        ended = TurnEnded(turn=self._turns, text=text, decided_by="speech_final", languages=language.split())
        await self._stt.append(ended)

    async def until(self, found: Callable[[Body], bool]) -> Body:
        """Read up to the first event that is looked for."""
        async with asyncio.timeout(_TIMEOUT_S):
            while True:
                body = event_body(await anext(self._events))
                if body is not None:
                    self.bodies.append(body)
                    if found(body):
                        return body

    async def until_reply(self, text: str) -> str:
        """Read up to the end of a reply that contains a text; return the reply's id."""

        def is_end(body: Body) -> bool:
            return isinstance(body, ReplyFinished) and text in self.text_of(body.reply_id)

        end = await self.until(is_end)
        assert isinstance(end, ReplyFinished)
        return end.reply_id

    async def until_agent(self, name: str) -> None:
        """Read up to the end of the first reply of an agent that has taken over."""

        def is_end(body: Body) -> bool:
            changes = [
                n for n, one in enumerate(self.bodies) if isinstance(one, AgentChanged) and one.agent == name
            ]
            after = self.bodies[changes[-1] :] if changes else []
            started = {one.reply_id for one in bodies_of(after, ReplyStarted)}
            return isinstance(body, ReplyFinished) and body.reply_id in started

        await self.until(is_end)

    def text_of(self, reply_id: str) -> str:
        """The text of a reply."""
        return "".join(b.text for b in bodies_of(self.bodies, ReplyClause) if b.reply_id == reply_id)

    def replies(self) -> list[tuple[str, str]]:
        """The kind and the text of each reply, in order."""
        names = (ReplyStarted.DESCRIPTOR.file.enum_types_by_name["ReplyKind"]).values_by_number
        return [
            (names[b.kind].name.removeprefix("REPLY_KIND_").lower(), self.text_of(b.reply_id).strip())
            for b in bodies_of(self.bodies, ReplyStarted)
        ]


def write_agent(folder: Path, name: str, rules: Sequence[Mapping[str, Any]], **keys: Any) -> None:
    """Write an agent file and the scripted answers of its model."""
    scenario = folder / "models"
    scenario.mkdir(exist_ok=True)
    model = scenario / f"{name}.yaml"
    model.write_text(yaml.safe_dump({"rules": list(rules)}), encoding="utf-8")
    quiet: dict[str, Any] = {"phrases": [], "tool_phrases": []}
    agent = {"prompt": f"You are {name}.", "llm": {"model": str(model)}, "fillers": quiet, **keys}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")


@asynccontextmanager
async def running_brain(
    nats_url: str,
    folder: Path,
    environment: pytest.MonkeyPatch,
    emulator: OpenAIEmulator | None = None,
) -> AsyncIterator[OpenAIEmulator]:
    """Run a brain within the test's process, with the models' emulator."""
    emulator = emulator or OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(emulator.app(), "127.0.0.1", 0) as port, asyncio.TaskGroup() as tasks:
        for provider, path in (("OPENAI", "/v1"), ("ANTHROPIC", "/anthropic"), ("GEMINI", "/gemini")):
            environment.setenv(f"{provider}_API_KEY", "k")
            environment.setenv(f"{provider}_BASE_URL", f"http://127.0.0.1:{port}{path}")
        settings = BrainSettings(nats_url=nats_url, agents_dir=str(folder), drain_timeout_s=1)
        stop = asyncio.Event()
        stage = run_stage("brain", settings, 0, partial(open_service, settings), stop, folds=(BRAIN,))
        running = tasks.create_task(stage)
        try:
            yield emulator
        finally:
            stop.set()
        await running


@asynccontextmanager
async def agents_call(
    nats_url: str,
    folder: Path,
    environment: pytest.MonkeyPatch,
    agent: str,
    *past: Body,
    emulator: OpenAIEmulator | None = None,
) -> AsyncIterator[AgentsCall]:
    """Yield a call that a brain serves, beginning with one agent; `past` was appended by one that died."""
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, CALL, "edge", 1) as edge,
        open_call_log(bus, outbox, CALL, "stt", 1) as stt,
        open_call_log(bus, outbox, CALL, "test", 1) as observer,
    ):
        started = CallStarted(
            agent=agent, direction=DIRECTION_INBOUND, from_number="+15550001", to_number="+442079460018"
        )
        await edge.append(started)
        await append_past(bus, outbox, stt, past)
        await outbox.wait_acked(5)
        await publish_work(bus)
        if past:
            async with bus.work_queue.claims("brain") as claim:
                # The brain that died had claimed the call: the next owner is the second.
                assert await claim(2.0) is not None
        async with running_brain(nats_url, folder, environment, emulator):
            try:
                yield AgentsCall(
                    bus, edge, stt, observer, turns=sum(isinstance(body, TurnEnded) for body in past)
                )
            finally:
                await edge.append(CallEnded(reason="hangup"))
                await outbox.wait_acked(5)


async def append_past(bus: Bus, outbox: Outbox, stt: CallEventLog, past: Sequence[Body]) -> None:
    """Append the events of a brain that died; turns of the caller are appended by stt."""
    async with open_call_log(bus, outbox, CALL, "brain", 1) as brain:
        for body in past:
            await (stt if isinstance(body, TurnEnded) else brain).append(body)


async def publish_work(bus: Bus) -> None:
    """Let a brain claim the call."""
    await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
