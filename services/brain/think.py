"""Call events to the model and its tools, their thoughts to reply events: the brain of one call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from opentelemetry.trace import Span

from parley import telemetry_names as names
from parley.envelope import Body
from parley.errors import VendorError
from parley.stage import OwnedCall, ServeCall
from parley.telemetry import Telemetry, parent_of, traceparent_of
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_GREETING,
    HangUpRequested,
    ReplyDropped,
    ReplyFinished,
    ReplyResumed,
    ToolReturned,
)
from parley.v1.work_pb2 import StageFailed
from services.brain import conversation, silence, turn_taking
from services.brain.conversation import Conversation, ToolUse
from services.brain.draft import Draft
from services.brain.prompt import messages
from services.brain.settings import BrainSettings
from services.brain.silence import Quiet
from services.brain.tool_calls import ToolResult, run_tool, tools_of
from services.brain.turn_taking import Answer, Drop, Floor, Resume, WaitUntil
from services.brain.vendors import Model, Thought
from services.brain.vendors.openai import open_openai

log = structlog.get_logger()

_INBOX = 1000
"""Events and thoughts that may wait; the model is read no faster than they are dealt with."""
_TRIES = 2


@dataclass(frozen=True, slots=True)
class _Thinking:
    """A model at work on a draft."""

    draft: Draft
    span: Span
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class _Thought:
    """What came of it; of no use once the draft was dropped."""

    draft: Draft
    thought: Thought | VendorError


class Mind:
    """One call's brain. All it knows is a fold over the log; one task deals with all that comes."""

    def __init__(self, call: OwnedCall, model: Model) -> None:
        self._call = call
        self._model = model
        self._tools = tools_of(call.agent)
        self._known = Conversation()
        self._floor = Floor()
        self._quiet = Quiet()
        self._inbox: asyncio.Queue[Event | _Thought | ToolResult] = asyncio.Queue(_INBOX)
        self._thinking: _Thinking | None = None
        self._tools_running: set[str] = set()
        self._turn_trace = ""

    async def run(self) -> None:
        """Until the call has ended."""
        for event in self._call.log.history:
            self._learn(event, self._call.log.clock.ms_at(event.sent_at_us))
        if self._known.ended:
            return
        await self._pick_up()
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(), name="follow the log")
            tasks.create_task(self._model.warm(), name="warm the model")
            if not self._known.items:
                await self._greet()
            wait_until_ms = await self._act(tasks)
            while not self._known.ended:
                await self._meet(await self._next(wait_until_ms), tasks)
                wait_until_ms = await self._act(tasks)
            following.cancel()
            self._stop_thinking()

    async def _follow(self) -> None:
        async for event in self._call.log:
            self._call.heard(event)
            await self._inbox.put(event)

    async def _next(self, wait_until_ms: int | None) -> Event | _Thought | ToolResult | None:
        if wait_until_ms is None:
            return await self._inbox.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, wait_until_ms - self._call.log.now_ms()) / 1000):
                return await self._inbox.get()
        return None

    async def _meet(self, item: Event | _Thought | ToolResult | None, tasks: asyncio.TaskGroup) -> None:
        match item:
            case Event():
                self._learn(item, self._call.log.now_ms())
                if item.HasField("speech_started"):
                    tasks.create_task(self._model.warm(), name="warm the model")
            case _Thought():
                await self._ponder(item, tasks)
            case ToolResult():
                await self._tool_returned(item)
            case None:
                pass

    def _learn(self, event: Event, at_ms: int) -> None:
        self._known = conversation.evolve(self._known, event)
        self._floor = turn_taking.evolve(self._floor, event, now_ms=at_ms)
        self._quiet = silence.evolve(self._quiet, event, now_ms=at_ms)
        if event.HasField("turn_ended"):
            self._turn_trace = event.traceparent

    async def _say(self, body: Body, span: Span | None = None) -> None:
        traceparent = traceparent_of(span) if span else self._turn_trace
        event = await self._call.log.say(body, traceparent=traceparent)
        self._learn(event, self._call.log.now_ms())

    async def _act(self, tasks: asyncio.TaskGroup) -> int | None:
        """Do what is to be done now; gives the call time at which to look again."""
        self._run_tools(tasks)
        turn_ms = await self._take_turns(tasks)
        silence_ms = await self._mind_silence()
        return min((ms for ms in (turn_ms, silence_ms) if ms is not None), default=None)

    async def _mind_silence(self) -> int | None:
        """Say what the silence wants said."""
        call = self._call
        decision = silence.decide(self._quiet, self._floor, self._known, call.agent, now_ms=call.log.now_ms())
        if decision is None or isinstance(decision, WaitUntil):
            return decision.at_ms if decision else None
        draft = self._draft(0)
        for body in (draft.start(silence.kind_of(decision)), *draft.whole(decision.text)):
            await self._say(body)
        if isinstance(decision, silence.Leave):
            log.info("leaving", reason=decision.reason)
            await self._say(HangUpRequested(reason=decision.reason, after_reply_id=draft.reply_id))
        return None

    async def _take_turns(self, tasks: asyncio.TaskGroup) -> int | None:
        """Answer, drop, resume."""
        while True:
            match turn_taking.decide(self._floor, self._known, now_ms=self._call.log.now_ms()):
                case Drop(reply_ids=reply_ids):
                    for reply_id in reply_ids:
                        await self._drop(reply_id)
                case Resume(reply_id=reply_id):
                    await self._say(ReplyResumed(reply_id=reply_id))
                case Answer(turn=turn):
                    await self._answer(turn, tasks)
                case WaitUntil(at_ms=at_ms):
                    return at_ms
                case None:
                    return None

    async def _pick_up(self) -> None:
        """After a takeover: what our forerunner left unfinished is closed, and answered anew."""
        for reply in self._known.active_replies:
            if reply.finished:
                continue
            if reply.clauses:
                clauses = len(reply.clauses)
                await self._say(ReplyFinished(reply_id=reply.reply_id, clauses=clauses, reason="superseded"))
            else:
                await self._say(ReplyDropped(reply_id=reply.reply_id, reason="speculation"))

    def _draft(self, turn: int) -> Draft:
        ending = frozenset(tool.name for tool in self._tools if tool.ends_call)
        return Draft(f"r{len(self._known.replies) + 1}", turn, ending)

    async def _greet(self) -> None:
        if not self._call.agent.greeting.strip():
            return
        draft = self._draft(0)
        for body in (draft.start(REPLY_KIND_GREETING), *draft.whole(self._call.agent.greeting)):
            await self._say(body)

    async def _answer(self, turn: int, tasks: asyncio.TaskGroup) -> None:
        self._stop_thinking()
        draft = self._draft(turn)
        span = self._call.telemetry.tracer.start_span(names.THINK_SPAN, parent_of(self._turn_trace))
        span.set_attributes(
            {names.CALL_SID: self._call.call_sid, names.TURN: turn, names.REPLY_ID: draft.reply_id}
        )
        await self._say(draft.start(REPLY_KIND_ANSWER), span)
        self._thinking = _Thinking(draft, span, tasks.create_task(self._think(draft), name="think"))

    async def _think(self, draft: Draft) -> None:
        definitions = [tool.definition for tool in self._tools]
        told = messages(self._call.agent, self._known)
        agent = self._call.agent.thinking
        first_token = self._call.telemetry.vendor_seconds.labels(vendor=agent.provider, what="first_token")
        asked_at = asyncio.get_running_loop().time()
        try:
            thoughts = self._model.think(agent, told, definitions, call_sid=self._call.call_sid)
            async with aclosing(thoughts):
                async for thought in thoughts:
                    if asked_at:
                        first_token.observe(asyncio.get_running_loop().time() - asked_at)
                        asked_at = 0.0
                    await self._inbox.put(_Thought(draft, thought))
        except VendorError as error:
            await self._inbox.put(_Thought(draft, error))

    async def _ponder(self, item: _Thought, tasks: asyncio.TaskGroup) -> None:
        thinking = self._thinking
        if thinking is None or thinking.draft is not item.draft:
            return
        if isinstance(item.thought, VendorError):
            await self._model_failed(thinking, item.thought, tasks)
            return
        for body in thinking.draft.take(item.thought):
            await self._say(body, thinking.span)
        if self._known.reply(thinking.draft.reply_id).finished:
            self._stop_thinking()

    async def _model_failed(self, thinking: _Thinking, error: VendorError, tasks: asyncio.TaskGroup) -> None:
        draft = thinking.draft
        log.error("model failed", vendor=error.vendor, code=error.code, reason=error.reason, turn=draft.turn)
        await self._say(
            StageFailed(code=error.code, message=error.reason, retryable=error.retryable, vendor=error.vendor)
        )
        if error.retryable and draft.untouched and draft.tries < _TRIES:
            draft.retry()
            again = tasks.create_task(self._think(draft), name="think again")
            self._thinking = _Thinking(draft, thinking.span, again)
            return
        for body in draft.fail(error):
            await self._say(body, thinking.span)
        self._stop_thinking()

    async def _drop(self, reply_id: str) -> None:
        if self._thinking is not None and self._thinking.draft.reply_id == reply_id:
            self._stop_thinking()
        await self._say(ReplyDropped(reply_id=reply_id, reason="barge_in"))

    def _stop_thinking(self) -> None:
        if self._thinking is not None:
            self._thinking.task.cancel()
            self._thinking.span.end()
            self._thinking = None

    def _run_tools(self, tasks: asyncio.TaskGroup) -> None:
        for use in self._known.open_tools:
            if use.tool_call_id not in self._tools_running:
                self._tools_running.add(use.tool_call_id)
                tasks.create_task(self._run_tool(use), name=f"tool {use.name}")

    async def _run_tool(self, use: ToolUse) -> None:
        await self._inbox.put(await run_tool(self._tools, use))

    async def _tool_returned(self, done: ToolResult) -> None:
        use = next(use for use in self._known.open_tools if use.tool_call_id == done.tool_call_id)
        await self._say(ToolReturned(tool_call_id=done.tool_call_id, result=done.result, failed=done.failed))
        ends_call = any(tool.ends_call for tool in self._tools if tool.name == use.name)
        # A caller who spoke into the goodbye has more to say.
        if ends_call and not done.failed and not self._known.reply(use.reply_id).dropped:
            await self._say(HangUpRequested(reason="agent", after_reply_id=use.reply_id))


@asynccontextmanager
async def open_brain(settings: BrainSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the model's client."""
    async with open_openai(settings) as model:

        async def serve(call: OwnedCall) -> None:
            await Mind(call, model).run()

        yield serve
