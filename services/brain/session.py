"""Call events to the model and its tools, their thoughts to reply events: the brain of one call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.events.envelope import Body
from parley.providers.llm import LlmClient
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_FILLER,
    REPLY_KIND_GREETING,
    REPLY_KIND_RECONNECTED,
    DtmfCollected,
    FallbackRequested,
    HangUpRequested,
    ReplyCancelled,
    ReplyFinished,
    ReplyKind,
    ReplyReleased,
    ReplyResumed,
    ToolCalled,
    ToolReturned,
)
from parley.v1.work_pb2 import StageFailed
from services.brain.conversation import Conversation
from services.brain.generation.generator import GenerationEvent, Generator
from services.brain.generation.prompt import messages
from services.brain.generation.reply_builder import ReplyBuilder
from services.brain.policies import escalation, fillers, idle_policy, turn_taking
from services.brain.policies.escalation import RequestFallback
from services.brain.policies.fillers import PlayFiller
from services.brain.policies.openers import choose_opener
from services.brain.policies.reconnect_policy import needs_apology
from services.brain.policies.turn_taking import (
    Answer,
    CancelReplies,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
from services.brain.providers.openai import open_client
from services.brain.settings import BrainSettings
from services.brain.state import BrainState
from services.brain.tools.http import HttpTools, open_http
from services.brain.tools.registry import ToolResult, build_tools
from services.brain.tools.runner import ToolRunner

log = structlog.get_logger()

_REQUEST_FLUSH_DELAY_S = 0.004
"""The request leaves by several turns of the event loop; what is said of it, and decided next, would come
between them, and hold it up by as much as it takes to send."""
_INBOX = 1000
"""Events and thoughts that may wait; the model is read no faster than they are dealt with."""


class BrainSession:
    """One call's brain. All it knows is a fold over the log; one task deals with all that comes."""

    def __init__(
        self, call: CallContext, model: LlmClient, breakers: CircuitBreakers, http: HttpTools
    ) -> None:
        self._call = call
        self._model = model
        self._state = BrainState()
        self._inbox: asyncio.Queue[Event | GenerationEvent | ToolResult] = asyncio.Queue(_INBOX)
        self._tools = ToolRunner(
            build_tools(call.agent, http), self._inbox.put, call.log.ready_for_side_effects
        )
        self._generator = Generator(call, model, self._tools.definitions, breakers, self._inbox.put)
        self._deferred_tool_calls: list[ToolCalled] = []
        """Tools that an answer to a guess wants: nothing is done on a guess."""

    async def run(self) -> None:
        """Until the call has ended."""
        for event in self._call.log.history:
            self._apply(event, self._call.log.clock.ms_at(event.sent_at_us))
        if self._conversation.ended:
            return
        self._call.drain.set_safe_point(lambda: self._conversation.is_idle)
        await self._recover()
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(), name="follow the log")
            tasks.create_task(self._model.warm_up(), name="warm the model")
            if not self._conversation.items and self._call.agent.greeting.strip():
                await self._say_whole(REPLY_KIND_GREETING, self._call.agent.greeting)
            wait_until_ms = await self._decide_and_act(tasks)
            while not self._conversation.ended:
                await self._on_item(await self._next(wait_until_ms), tasks)
                wait_until_ms = await self._decide_and_act(tasks)
            following.cancel()
            self._generator.stop()

    async def _follow(self) -> None:
        async for event in self._call.log:
            self._call.record_bus_delay(event)
            await self._inbox.put(event)

    async def _next(self, wait_until_ms: int | None) -> Event | GenerationEvent | ToolResult | None:
        if wait_until_ms is None:
            return await self._inbox.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, wait_until_ms - self._call.log.now_ms()) / 1000):
                return await self._inbox.get()
        return None

    async def _on_item(
        self, item: Event | GenerationEvent | ToolResult | None, tasks: asyncio.TaskGroup
    ) -> None:
        match item:
            case Event():
                self._apply(item, self._call.log.now_ms())
                if item.HasField("speech_started"):
                    tasks.create_task(self._model.warm_up(), name="warm the model")
            case GenerationEvent():
                await self._on_generation(item, tasks)
            case ToolResult():
                await self._tool_returned(item)
            case None:
                pass

    def _apply(self, event: Event, at_ms: int) -> None:
        self._state = self._state.evolve(event, at_ms)

    @property
    def _conversation(self) -> Conversation:
        return self._state.conversation

    async def _say(self, *bodies: Body) -> None:
        for body in bodies:
            self._apply(await self._call.log.append(body), self._call.log.now_ms())

    async def _say_whole(self, kind: ReplyKind, text: str, turn: int = 0) -> str:
        """A reply whose text is known; gives its name."""
        draft = self._draft(turn)
        await self._say(*draft.start(kind), *draft.from_text(text))
        return draft.reply_id

    async def _decide_and_act(self, tasks: asyncio.TaskGroup) -> int | None:
        """Do what is to be done now; gives the call time at which to look again."""
        self._tools.run(self._conversation.pending_tool_calls, tasks)
        await self._apologise_after_reconnect()
        if self._conversation.fallback_requested:
            return None
        later = (
            await self._run_turn_taking(tasks),
            await self._maybe_fill(),
            await self._handle_idle(),
            await self._escalate(),
        )
        return min((ms for ms in later if ms is not None), default=None)

    async def _apologise_after_reconnect(self) -> None:
        """The line was lost: apologise instead of what was being said, if the agent shall."""
        while needs_apology(self._conversation, self._call.agent):
            for reply in reversed(self._conversation.active_replies):
                await self._drop(reply.reply_id, "stream_lost")
            await self._say_whole(REPLY_KIND_RECONNECTED, self._call.agent.reconnect.apology)

    async def _run_turn_taking(self, tasks: asyncio.TaskGroup) -> int | None:
        """Answer, drop, resume, until nothing is to be done."""
        while True:
            now_ms = self._call.log.now_ms()
            decision = turn_taking.decide(
                self._state.floor, self._conversation, self._call.agent, now_ms=now_ms
            )
            if decision is None or isinstance(decision, WaitUntil):
                return decision.at_ms if decision else None
            await self._do(decision, tasks)

    async def _do(self, decision: turn_taking.Decision, tasks: asyncio.TaskGroup) -> None:
        match decision:
            case CancelReplies(reply_ids=reply_ids, reason=reason):
                for reply_id in reply_ids:
                    await self._drop(reply_id, reason)
            case Resume(reply_id=reply_id):
                await self._say(ReplyResumed(reply_id=reply_id))
            case Answer(turn=turn):
                await self._answer(turn, self._conversation, tasks)
            case Speculate(turn=turn):
                guess = self._conversation.predicted_turn.text if self._conversation.predicted_turn else ""
                await self._answer(turn, self._conversation.with_predicted_turn(), tasks, guess)
            case Release(reply_id=reply_id):
                withheld, self._deferred_tool_calls = self._deferred_tool_calls, []
                await self._say(ReplyReleased(reply_id=reply_id), *withheld)
                self._tools.run(self._conversation.pending_tool_calls, tasks)
            case SubmitDtmf(digits=digits, ended_by=ended_by):
                await self._say(DtmfCollected(digits=digits, ended_by=ended_by))
            case WaitUntil():
                pass

    async def _maybe_fill(self) -> int | None:
        """Say something while the caller is kept waiting."""
        call = self._call
        now_ms = call.log.now_ms()
        match fillers.decide(
            self._state.latency_wait, self._state.floor, self._conversation, call.agent, now_ms=now_ms
        ):
            case PlayFiller(text=text):
                await self._say_whole(REPLY_KIND_FILLER, text, self._state.floor.words_turn)
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def _handle_idle(self) -> int | None:
        """Say what the silence wants said."""
        call = self._call
        decision = idle_policy.decide(
            self._state.idle, self._state.floor, self._conversation, call.agent, now_ms=call.log.now_ms()
        )
        if decision is None or isinstance(decision, WaitUntil):
            return decision.at_ms if decision else None
        reply_id = await self._say_whole(idle_policy.reply_kind(decision), decision.text)
        if isinstance(decision, idle_policy.EndCall):
            log.info("leaving", reason=decision.reason)
            await self._say(HangUpRequested(reason=decision.reason, after_reply_id=reply_id))
        return None

    async def _escalate(self) -> int | None:
        """Leave the call to Twilio when it cannot be gone on with."""
        match escalation.decide(self._state.health, self._conversation, now_ms=self._call.log.now_ms()):
            case RequestFallback(reason=reason):
                log.error("given up", reason=reason)
                await self._say(FallbackRequested(reason=reason))
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def _recover(self) -> None:
        """After a takeover: what our forerunner left unfinished is closed, and answered anew."""
        for reply in self._conversation.active_replies:
            if reply.speculative or not (reply.finished or reply.clauses):
                await self._say(ReplyCancelled(reply_id=reply.reply_id, reason="speculation"))
            elif not reply.finished:
                clauses = len(reply.clauses)
                await self._say(ReplyFinished(reply_id=reply.reply_id, clauses=clauses, reason="interrupted"))

    def _draft(self, turn: int, opener: str = "") -> ReplyBuilder:
        by_phrase = self._call.agent.tts.first_chunk == "phrase"
        name = f"r{len(self._conversation.replies) + 1}"
        used = self._conversation.tool_call_ids
        return ReplyBuilder(name, turn, self._tools.terminal_tools, opener, by_phrase=by_phrase, used=used)

    async def _answer(
        self, turn: int, known: Conversation, tasks: asyncio.TaskGroup, guess: str = ""
    ) -> None:
        opener = choose_opener(known.pending_user_text, known, self._call.agent)
        draft = self._draft(turn, opener)
        told = messages(self._call.agent, known, opener)
        self._deferred_tool_calls.clear()
        self._generator.start(draft, told, tasks)
        await asyncio.sleep(_REQUEST_FLUSH_DELAY_S)
        await self._say(*draft.start(REPLY_KIND_ANSWER, predicted_text=guess))

    async def _on_generation(self, item: GenerationEvent, tasks: asyncio.TaskGroup) -> None:
        draft = self._generator.reply_builder
        if draft is not item.reply_builder:
            return
        if isinstance(item.event, ProviderError):
            await self._model_failed(draft, item.event, tasks)
            return
        held = self._conversation.reply(draft.reply_id).speculative
        for body in draft.on_chunk(item.event, asked_ms=item.requested_ms, first_ms=item.first_ms):
            if held and isinstance(body, ToolCalled):
                self._deferred_tool_calls.append(body)
            else:
                await self._say(body)
        if self._conversation.reply(draft.reply_id).finished:
            self._generator.stop()

    async def _model_failed(
        self, draft: ReplyBuilder, error: ProviderError, tasks: asyncio.TaskGroup
    ) -> None:
        await self._say(
            StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, provider=error.provider
            )
        )
        again = self._generator.failed(error, tasks)
        tell = log.warning if again else log.error
        tell("model failed", provider=error.provider, code=error.code, reason=error.reason, turn=draft.turn)
        if not again:
            await self._say(*draft.fail(error))
            self._generator.stop()
        elif not draft.is_empty:
            # What was said stands; the next reply goes on from there.
            await self._say(*draft.interrupt())
            self._generator.stop()

    async def _drop(self, reply_id: str, reason: str) -> None:
        draft = self._generator.reply_builder
        if draft is not None and draft.reply_id == reply_id:
            self._generator.stop()
        await self._say(ReplyCancelled(reply_id=reply_id, reason=reason))

    async def _tool_returned(self, done: ToolResult) -> None:
        use = next(
            use for use in self._conversation.pending_tool_calls if use.tool_call_id == done.tool_call_id
        )
        ends_call = use.name in self._tools.terminal_tools
        # A caller who spoke into the goodbye has more to say.
        if ends_call and not done.failed and not self._conversation.reply(use.reply_id).cancelled:
            # Before the result: a successor runs a tool that has none again, and so says this if we do not.
            await self._say(HangUpRequested(reason="agent", after_reply_id=use.reply_id))
        await self._say(ToolReturned(tool_call_id=done.tool_call_id, result=done.result, failed=done.failed))


@asynccontextmanager
async def open_brain(settings: BrainSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the model's client, and who is left alone."""
    breakers = CircuitBreakers()
    async with open_client(settings) as model, open_http() as client:

        async def serve(call: CallContext) -> None:
            await BrainSession(call, model, breakers, HttpTools(client, call.call_sid)).run()

        yield serve
