"""The history satisfies a strict server, for any output of a model and any interruption."""

import asyncio
import json
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from parley.agent_config import AgentConfig
from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ToolReturned
from parley.v1.speech_pb2 import EagerEndOfTurn
from services.brain.generation.generator import AnswerRequest, GenerationEvent, Generator
from services.brain.generation.prompt import build_messages
from services.brain.generation.reply_builder import AnswerSource, ReplyBuilder
from services.brain.metrics import BrainMetrics
from services.brain.reply_writer import ReplyWriter
from services.brain.session_log import SessionLog
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.end_call import END_CALL
from services.brain.tools.runner import run_tool
from tests.event_factories import event
from tests.strict_history import Refused, check_history
from tests.unit.brain.event_factories import clauses_synthesized, playback_started, turn_ended

AGENT = AgentConfig(prompt="x")
ROUTE = "test/model"

TEXTS = st.one_of(
    st.sampled_from(["", " \n", "...", "We open at nine. ", "One moment, please", "\ud83d", "a\x00b. "]),
    st.text(max_size=20),
)
ARGUMENTS = st.one_of(
    st.sampled_from(
        ["", "{}", '{"day": "fri', "[]", "null", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\\ud800"}', "{}{}"]
    ),
    st.just('{"a": "' + "x" * 100_000 + '"}'),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=2).map(json.dumps),
    st.text(max_size=20),
)
NAMES = st.sampled_from(["look", "end_call", "fly", "look up", "", "look" * 30, "\ud800", "größe"])
EXTRA = st.sampled_from(
    [{}, {"extra_content": {"google": {"thought_signature": "a"}}}, {"a": {1}}, {"id": "x"}]
)
CALLS = st.builds(ToolCallRequest, st.sampled_from(["", "call_1"]), NAMES, ARGUMENTS, EXTRA)
CHUNKS = st.lists(st.builds(TextDelta, TEXTS) | CALLS, max_size=12)
REASONS = st.sampled_from(["stop", "length", "tool_calls", "content_filter", ""])
STEPS = st.one_of(
    st.tuples(st.just("turn"), TEXTS),
    st.tuples(st.just("predict"), TEXTS),
    st.tuples(st.sampled_from(["answer", "speculate"]), CHUNKS, REASONS, st.integers(0, 40)),
    st.tuples(st.just("results"), st.sampled_from(["{}", '{"error": "x"}', "text", ""])),
    st.tuples(st.sampled_from(["release", "interrupt", "take over", "break off"])),
)


class StoredLog:
    """A call's log: what a next owner reads."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def now_ms(self) -> int:
        """Return a fixed call time."""
        return 0

    async def append(self, body: Body) -> Event:
        """Store a body as the bus does."""
        stored = Event.FromString(event(body).SerializeToString())
        self.events.append(stored)
        return stored


class StoppedGenerator:
    """Remembers the answer that was requested."""

    def __init__(self) -> None:
        self.answer: AnswerRequest | None = None

    @property
    def reply_id(self) -> str | None:
        """Id of the reply in progress."""
        return self.answer.builder.reply_id if self.answer else None

    def start(self, answer: AnswerRequest, _tasks: asyncio.TaskGroup) -> None:
        """Check the messages as the server does that is requested."""
        self.answer = answer
        check_history(answer.messages("another/model"))
        check_history(answer.messages(ROUTE), extra_fields=True)

    def stop(self) -> None:
        """Forget the answer."""
        self.answer = None


async def _look(_call: ToolCall) -> str:
    return "{}"


TOOLS = (Tool("look", "", {}, _look), END_CALL)


class Call:
    """A call that is answered by one owner after the other."""

    def __init__(self) -> None:
        self._log = StoredLog()
        self._turn = 0
        self._take_over()

    def _take_over(self) -> None:
        self._session = SessionLog(cast("CallEventLog", self._log))
        for stored in self._log.events:
            self._session.apply(stored)
        self._generator = StoppedGenerator()
        self._writer = ReplyWriter(
            AGENT,
            self._session,
            cast("Generator", self._generator),
            BrainMetrics(CollectorRegistry()),
            tool_names=lambda: [tool.name for tool in TOOLS],
            terminal_tools=frozenset({"end_call"}),
        )

    def _happens(self, *events: Event) -> None:
        for happening in events:
            self._log.events.append(happening)
            self._session.apply(happening)

    async def run(self, step: tuple[object, ...]) -> None:
        """Carry out one step; check the history afterwards."""
        match step:
            case "turn", str(text):
                self._turn += 1
                self._happens(turn_ended(self._turn, _storable(text)))
            case "predict", str(text):
                self._happens(event(EagerEndOfTurn(turn=self._turn + 1, text=_storable(text) or "x")))
            case "answer" | "speculate", list(chunks), str(reason), int(read):
                await self._generate(str(step[0]), [*chunks, Done(reason)], read)
            case "results", str(result):
                await self._return_results(result)
            case (str(name),):
                await self._disturb(name)
            case _:
                raise AssertionError(f"unknown step {step!r}")
        conversation = self._session.conversation
        check_history(build_messages(AGENT, conversation))
        check_history(
            build_messages(AGENT, conversation.with_predicted_turn(), route=ROUTE), extra_fields=True
        )

    async def _disturb(self, name: str) -> None:
        conversation = self._session.conversation
        if name == "release" and conversation.speculative_reply:
            await self._writer.release(conversation.speculative_reply.reply_id)
        elif name == "interrupt":
            await self._interrupt()
        elif name == "take over":
            self._take_over()
            await self._writer.close_unfinished()
        elif name == "break off" and self._generator.answer:
            builder = self._generator.answer.builder
            await self._emit(builder, builder.interrupt())

    async def _generate(self, how: str, chunks: Sequence[LlmEvent], read: int) -> None:
        """Request an answer; the next step follows its first `read` events."""
        conversation = self._session.conversation
        async with asyncio.TaskGroup() as tasks:
            if how == "answer" and conversation.unanswered_turn is not None:
                await self._writer.answer(conversation.unanswered_turn, tasks)
            elif how == "speculate" and conversation.predicted_turn and not conversation.speculative_reply:
                await self._writer.speculate(conversation.predicted_turn.turn, tasks)
        if self._generator.answer is None:
            return
        builder = self._generator.answer.builder
        for chunk in chunks:
            if isinstance(chunk, Done) and not builder.has_answer(chunk.reason):
                await self._emit(builder, builder.fail("Sorry."))
                return
            bodies = builder.on_chunk(chunk, AnswerSource(ROUTE))
            await self._emit(builder, bodies[: max(0, read)])
            read -= len(bodies)
            if read < 0:
                return

    async def _emit(self, builder: ReplyBuilder, bodies: Sequence[Body]) -> None:
        await self._writer.on_generation(GenerationEvent(builder.reply_id, tuple(bodies)))

    async def _return_results(self, text: str) -> None:
        for call in self._session.conversation.pending_tool_calls:
            result = await run_tool(TOOLS, call)
            content = result.result if result.failed else text
            await self._session.append(
                ToolReturned(tool_call_id=call.tool_call_id, result=content, failed=result.failed)
            )

    async def _interrupt(self) -> None:
        for reply in reversed(self._session.conversation.active_replies):
            if not reply.speculative:
                self._happens(*clauses_synthesized(reply.reply_id, *reply.clauses))
                self._happens(*playback_started(reply.reply_id))
                await self._writer.cancel(reply.reply_id, "barge_in")
                self._happens(event(BargeIn(reply_id=reply.reply_id, played_samples=2500)))


def _storable(text: str) -> str:
    return text.encode(errors="ignore").decode()


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=14))
def test_the_history_is_always_valid(steps: list[tuple[object, ...]]) -> None:
    """Any order of answers, results, interruptions, predictions and takeovers."""

    async def run() -> None:
        call = Call()
        await call.run(("turn", "hello"))
        for step in steps:
            await call.run(step)

    asyncio.run(run())


def calling(arguments: str) -> dict[str, object]:
    function = {"name": "look", "arguments": arguments}
    return {
        "role": "assistant",
        "content": "x",
        "tool_calls": [{"id": "1", "type": "function", "function": function}],
    }


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "assistant", "content": None}],
        [{"role": "tool", "tool_call_id": "1", "content": "{}"}],
        [{"role": "user", "content": "\ud800"}],
        [{"role": "assistant", "content": None, "tool_calls": []}],
        [calling("{")],
        [calling("{}")],
        [
            calling("{}"),
            {"role": "user", "content": "x"},
            {"role": "tool", "tool_call_id": "1", "content": ""},
        ],
    ],
)
def test_the_strict_server_refuses(messages: list[dict[str, object]]) -> None:
    """The check of the test itself finds what a server refuses."""
    with pytest.raises(Refused):
        check_history(messages)
