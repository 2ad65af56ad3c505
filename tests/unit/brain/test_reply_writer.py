"""Tests for the replies that are written to the log."""

import asyncio
from collections.abc import Sequence
from typing import cast

from prometheus_client import CollectorRegistry

from parley.agent_config import AgentConfig, Openers, TtsConfig
from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.providers.llm import Message
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_FILLER,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyReleased,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import EagerEndOfTurn
from services.brain.generation.generator import AnswerRequest, GenerationEvent, Generator
from services.brain.metrics import BrainMetrics
from services.brain.reply_writer import ReplyWriter
from services.brain.session_log import SessionLog
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import turn_ended

AGENT = AgentConfig(
    prompt="x",
    openers=Openers(enabled=True, statements=("Sure.",), max_fraction=1),
    tts=TtsConfig(first_chunk="sentence"),
)
TOOL_CALLED = ToolCalled(tool_call_id="t1", name="book", reply_id="r1", turn=1)


class FakeLog:
    """A call log that keeps the appended events."""

    def __init__(self, history: Sequence[Event]) -> None:
        self.history = tuple(history)
        self.appended: list[Body] = []

    def now_ms(self) -> int:
        """Return a fixed call time."""
        return 1000

    async def append(self, body: Body) -> Event:
        """Keep the body; return its event."""
        self.appended.append(body)
        return event(body)


class FakeGenerator:
    """Records the requested answers."""

    def __init__(self) -> None:
        self.reply_id: str | None = None
        self.messages: list[Message] = []
        self.tools_allowed = True

    def start(self, answer: AnswerRequest, _tasks: asyncio.TaskGroup) -> None:
        """Record the messages."""
        self.reply_id = answer.builder.reply_id
        self.messages = list(answer.messages("test"))
        self.tools_allowed = answer.builder.tools_allowed

    def stop(self) -> None:
        """Do nothing, because no generation runs."""
        self.reply_id = None


class Harness:
    """A writer for a call with these events."""

    def __init__(self, *history: Event) -> None:
        self.log = FakeLog(())
        self.generator = FakeGenerator()
        session_log = SessionLog(cast("CallEventLog", self.log))
        for happening in history:
            session_log.apply(happening)
        self.metrics = BrainMetrics(CollectorRegistry())
        self.writer = ReplyWriter(
            AGENT,
            session_log,
            cast("Generator", self.generator),
            self.metrics,
            tool_names=tuple,
            terminal_tools=frozenset(),
        )

    @property
    def appended(self) -> list[Body]:
        """Bodies of the appended events."""
        return self.log.appended

    async def answer(self, turn: int) -> None:
        """Start the answer to a turn."""
        async with asyncio.TaskGroup() as tasks:
            await self.writer.answer(turn, tasks)

    async def speculate(self, turn: int) -> None:
        """Start a speculative answer."""
        async with asyncio.TaskGroup() as tasks:
            await self.writer.speculate(turn, tasks)


async def test_a_fixed_text_is_one_finished_reply() -> None:
    """Its single clause allows caching of the audio."""
    harness = Harness(turn_ended(1, "hello"))

    assert await harness.writer.write_text(REPLY_KIND_FILLER, " One moment. ", turn=1) == "r1"
    assert harness.appended == [
        ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_FILLER),
        ReplyClause(reply_id="r1", text="One moment."),
        ReplyFinished(reply_id="r1", clauses=1, reason="stop"),
    ]


async def test_an_answer_starts_with_its_opener() -> None:
    """The model is instructed to continue after the opener."""
    harness = Harness(turn_ended(1, "I need a refill"))
    await harness.answer(1)

    assert [body.text for body in harness.appended if isinstance(body, ReplyClause)] == ["Sure. "]
    assert [message["role"] for message in harness.generator.messages] == ["system", "user", "system"]


async def test_events_of_a_cancelled_answer_are_ignored() -> None:
    """They may already wait in the inbox when the caller interrupts."""
    harness = Harness(turn_ended(1, "hello"))
    await harness.answer(1)
    await harness.writer.cancel("r1", "barge_in")
    await harness.writer.on_generation(GenerationEvent("r1", (ReplyClause(reply_id="r1", text="Yes."),)))

    assert harness.appended[-1] == ReplyCancelled(reply_id="r1", reason="barge_in")


async def test_the_generation_stops_when_its_reply_is_finished() -> None:
    """Later events of the same reply are ignored."""
    harness = Harness(turn_ended(1, "hello"))
    await harness.answer(1)
    finished = ReplyFinished(reply_id="r1", clauses=0, reason="stop")
    await harness.writer.on_generation(GenerationEvent("r1", (finished,)))

    assert harness.appended[-1] == finished
    assert harness.generator.reply_id is None


async def test_a_speculative_answer_calls_its_tools_after_its_release() -> None:
    """A wrong prediction must not have side effects."""
    harness = Harness(event(EagerEndOfTurn(turn=1, text="book it")))
    await harness.speculate(1)
    await harness.writer.on_generation(GenerationEvent("r1", (TOOL_CALLED,)))
    started = harness.appended[0]

    assert isinstance(started, ReplyStarted)
    assert (started.speculative, started.predicted_text) == (True, "book it")
    assert TOOL_CALLED not in harness.appended
    await harness.writer.release("r1")
    assert harness.appended[-2:] == [ReplyReleased(reply_id="r1"), TOOL_CALLED]


async def test_a_discarded_speculation_calls_no_tool() -> None:
    """Its deferred tool calls do not leak into the next answer."""
    harness = Harness(event(EagerEndOfTurn(turn=1, text="book it")))
    await harness.speculate(1)
    await harness.writer.on_generation(GenerationEvent("r1", (TOOL_CALLED,)))
    await harness.writer.cancel("r1", "speculation")
    await harness.speculate(1)
    await harness.writer.release("r2")

    assert not any(isinstance(body, ToolCalled) for body in harness.appended)


async def test_unfinished_replies_of_the_previous_owner_are_closed() -> None:
    """Clauses in the log are kept and continued; a reply without any is discarded."""
    started = reply_events("r1", 1, "We open ")[:-1]
    empty = reply_events("r2", 2)[:-1]
    harness = Harness(turn_ended(1, "hello"), *started, turn_ended(2, "and then"), *empty)
    await harness.writer.close_unfinished()

    assert harness.appended == [
        ReplyFinished(reply_id="r1", clauses=1, reason="interrupted"),
        ReplyCancelled(reply_id="r2", reason="speculation"),
    ]


async def test_after_a_loop_of_tool_calls_the_model_answers_without_tools() -> None:
    """The metric counts it."""
    rounds = [
        happening
        for n in (1, 2)
        for happening in (
            *reply_events(f"r{n}", 1, reason="tool_calls"),
            event(ToolCalled(tool_call_id=f"t{n}", name="look", arguments="{}", reply_id=f"r{n}", turn=1)),
            event(ToolReturned(tool_call_id=f"t{n}", result="{}")),
        )
    ]
    first = Harness(turn_ended(1, "hello"), *rounds[:5])
    await first.answer(1)
    assert first.generator.tools_allowed

    harness = Harness(turn_ended(1, "hello"), *rounds)
    await harness.answer(1)
    assert not harness.generator.tools_allowed
    assert harness.metrics.tool_limits.labels(limit="rounds")._value.get() == 1
