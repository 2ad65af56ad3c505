"""Call events to the model and its tools, their thoughts to reply events: the brain of one call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.events.envelope import Body
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
from services.brain import fillers, giving_up, silence, turn_taking
from services.brain.conversation import Conversation
from services.brain.draft import Draft
from services.brain.fillers import Fill
from services.brain.giving_up import GiveUp
from services.brain.knowledge import Knowledge
from services.brain.openers import opener_for
from services.brain.ponder import Ponder, Pondered
from services.brain.prompt import messages
from services.brain.providers import Model
from services.brain.providers.openai import open_openai
from services.brain.reconnecting import wants_apology
from services.brain.settings import BrainSettings
from services.brain.tool_calls import ToolResult, tools_of
from services.brain.tool_runs import ToolRuns
from services.brain.tools.http import HttpTools, open_http
from services.brain.turn_taking import (
    Answer,
    Drop,
    EnterKeys,
    Release,
    Resume,
    Speculate,
    WaitUntil,
)

log = structlog.get_logger()

_QUESTION_FIRST_S = 0.004
"""The request leaves by several turns of the event loop; what is said of it, and decided next, would come
between them, and hold it up by as much as it takes to send."""
_INBOX = 1000
"""Events and thoughts that may wait; the model is read no faster than they are dealt with."""


class Mind:
    """One call's brain. All it knows is a fold over the log; one task deals with all that comes."""

    def __init__(self, call: CallContext, model: Model, breakers: CircuitBreakers, http: HttpTools) -> None:
        self._call = call
        self._model = model
        self._knows = Knowledge()
        self._inbox: asyncio.Queue[Event | Pondered | ToolResult] = asyncio.Queue(_INBOX)
        self._tools = ToolRuns(tools_of(call.agent, http), self._inbox.put, call.log.ready_for_side_effects)
        self._ponder = Ponder(call, model, self._tools.definitions, breakers, self._inbox.put)
        self._withheld: list[ToolCalled] = []
        """Tools that an answer to a guess wants: nothing is done on a guess."""

    async def run(self) -> None:
        """Until the call has ended."""
        for event in self._call.log.history:
            self._learn(event, self._call.log.clock.ms_at(event.sent_at_us))
        if self._known.ended:
            return
        self._call.drain.set_safe_point(lambda: self._known.settled)
        await self._pick_up()
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(), name="follow the log")
            tasks.create_task(self._model.warm(), name="warm the model")
            if not self._known.items and self._call.agent.greeting.strip():
                await self._say_whole(REPLY_KIND_GREETING, self._call.agent.greeting)
            wait_until_ms = await self._act(tasks)
            while not self._known.ended:
                await self._meet(await self._next(wait_until_ms), tasks)
                wait_until_ms = await self._act(tasks)
            following.cancel()
            self._ponder.stop()

    async def _follow(self) -> None:
        async for event in self._call.log:
            self._call.record_bus_delay(event)
            await self._inbox.put(event)

    async def _next(self, wait_until_ms: int | None) -> Event | Pondered | ToolResult | None:
        if wait_until_ms is None:
            return await self._inbox.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, wait_until_ms - self._call.log.now_ms()) / 1000):
                return await self._inbox.get()
        return None

    async def _meet(self, item: Event | Pondered | ToolResult | None, tasks: asyncio.TaskGroup) -> None:
        match item:
            case Event():
                self._learn(item, self._call.log.now_ms())
                if item.HasField("speech_started"):
                    tasks.create_task(self._model.warm(), name="warm the model")
            case Pondered():
                await self._pondered(item, tasks)
            case ToolResult():
                await self._tool_returned(item)
            case None:
                pass

    def _learn(self, event: Event, at_ms: int) -> None:
        self._knows = self._knows.after(event, at_ms)

    @property
    def _known(self) -> Conversation:
        return self._knows.conversation

    async def _say(self, *bodies: Body) -> None:
        for body in bodies:
            self._learn(await self._call.log.append(body), self._call.log.now_ms())

    async def _say_whole(self, kind: ReplyKind, text: str, turn: int = 0) -> str:
        """A reply whose text is known; gives its name."""
        draft = self._draft(turn)
        await self._say(*draft.start(kind), *draft.whole(text))
        return draft.reply_id

    async def _act(self, tasks: asyncio.TaskGroup) -> int | None:
        """Do what is to be done now; gives the call time at which to look again."""
        self._tools.run(self._known.open_tools, tasks)
        await self._come_back()
        if self._known.given_up:
            return None
        later = (
            await self._take_turns(tasks),
            await self._fill(),
            await self._mind_silence(),
            await self._give_up(),
        )
        return min((ms for ms in later if ms is not None), default=None)

    async def _come_back(self) -> None:
        """The line was lost: apologise instead of what was being said, if the agent shall."""
        while wants_apology(self._known, self._call.agent):
            for reply in reversed(self._known.active_replies):
                await self._drop(reply.reply_id, "stream_lost")
            await self._say_whole(REPLY_KIND_RECONNECTED, self._call.agent.reconnect.apology)

    async def _take_turns(self, tasks: asyncio.TaskGroup) -> int | None:
        """Answer, drop, resume, until nothing is to be done."""
        while True:
            now_ms = self._call.log.now_ms()
            decision = turn_taking.decide(self._knows.floor, self._known, self._call.agent, now_ms=now_ms)
            if decision is None or isinstance(decision, WaitUntil):
                return decision.at_ms if decision else None
            await self._do(decision, tasks)

    async def _do(self, decision: turn_taking.Decision, tasks: asyncio.TaskGroup) -> None:
        match decision:
            case Drop(reply_ids=reply_ids, reason=reason):
                for reply_id in reply_ids:
                    await self._drop(reply_id, reason)
            case Resume(reply_id=reply_id):
                await self._say(ReplyResumed(reply_id=reply_id))
            case Answer(turn=turn):
                await self._answer(turn, self._known, tasks)
            case Speculate(turn=turn):
                guess = self._known.guess.text if self._known.guess else ""
                await self._answer(turn, self._known.with_guess(), tasks, guess)
            case Release(reply_id=reply_id):
                withheld, self._withheld = self._withheld, []
                await self._say(ReplyReleased(reply_id=reply_id), *withheld)
                self._tools.run(self._known.open_tools, tasks)
            case EnterKeys(digits=digits, ended_by=ended_by):
                await self._say(DtmfCollected(digits=digits, ended_by=ended_by))
            case WaitUntil():
                pass

    async def _fill(self) -> int | None:
        """Say something while the caller is kept waiting."""
        call = self._call
        now_ms = call.log.now_ms()
        match fillers.decide(self._knows.waiting, self._knows.floor, self._known, call.agent, now_ms=now_ms):
            case Fill(text=text):
                await self._say_whole(REPLY_KIND_FILLER, text, self._knows.floor.words_turn)
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def _mind_silence(self) -> int | None:
        """Say what the silence wants said."""
        call = self._call
        decision = silence.decide(
            self._knows.quiet, self._knows.floor, self._known, call.agent, now_ms=call.log.now_ms()
        )
        if decision is None or isinstance(decision, WaitUntil):
            return decision.at_ms if decision else None
        reply_id = await self._say_whole(silence.kind_of(decision), decision.text)
        if isinstance(decision, silence.Leave):
            log.info("leaving", reason=decision.reason)
            await self._say(HangUpRequested(reason=decision.reason, after_reply_id=reply_id))
        return None

    async def _give_up(self) -> int | None:
        """Leave the call to Twilio when it cannot be gone on with."""
        match giving_up.decide(self._knows.trouble, self._known, now_ms=self._call.log.now_ms()):
            case GiveUp(reason=reason):
                log.error("given up", reason=reason)
                await self._say(FallbackRequested(reason=reason))
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def _pick_up(self) -> None:
        """After a takeover: what our forerunner left unfinished is closed, and answered anew."""
        for reply in self._known.active_replies:
            if reply.held_back or not (reply.finished or reply.clauses):
                await self._say(ReplyCancelled(reply_id=reply.reply_id, reason="speculation"))
            elif not reply.finished:
                clauses = len(reply.clauses)
                await self._say(ReplyFinished(reply_id=reply.reply_id, clauses=clauses, reason="interrupted"))

    def _draft(self, turn: int, opener: str = "") -> Draft:
        by_phrase = self._call.agent.tts.first_chunk == "phrase"
        name = f"r{len(self._known.replies) + 1}"
        used = self._known.tool_call_ids
        return Draft(name, turn, self._tools.ending, opener, by_phrase=by_phrase, used=used)

    async def _answer(
        self, turn: int, known: Conversation, tasks: asyncio.TaskGroup, guess: str = ""
    ) -> None:
        opener = opener_for(known.asked, known, self._call.agent)
        draft = self._draft(turn, opener)
        told = messages(self._call.agent, known, opener)
        self._withheld.clear()
        self._ponder.begin(draft, told, tasks)
        await asyncio.sleep(_QUESTION_FIRST_S)
        await self._say(*draft.start(REPLY_KIND_ANSWER, guess=guess))

    async def _pondered(self, item: Pondered, tasks: asyncio.TaskGroup) -> None:
        draft = self._ponder.draft
        if draft is not item.draft:
            return
        if isinstance(item.thought, ProviderError):
            await self._model_failed(draft, item.thought, tasks)
            return
        held = self._known.reply(draft.reply_id).held_back
        for body in draft.take(item.thought, asked_ms=item.asked_ms, first_ms=item.first_ms):
            if held and isinstance(body, ToolCalled):
                self._withheld.append(body)
            else:
                await self._say(body)
        if self._known.reply(draft.reply_id).finished:
            self._ponder.stop()

    async def _model_failed(self, draft: Draft, error: ProviderError, tasks: asyncio.TaskGroup) -> None:
        await self._say(
            StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, provider=error.provider
            )
        )
        again = self._ponder.failed(error, tasks)
        tell = log.warning if again else log.error
        tell("model failed", provider=error.provider, code=error.code, reason=error.reason, turn=draft.turn)
        if not again:
            await self._say(*draft.fail(error))
            self._ponder.stop()
        elif not draft.untouched:
            # What was said stands; the next reply goes on from there.
            await self._say(*draft.leave_unfinished())
            self._ponder.stop()

    async def _drop(self, reply_id: str, reason: str) -> None:
        draft = self._ponder.draft
        if draft is not None and draft.reply_id == reply_id:
            self._ponder.stop()
        await self._say(ReplyCancelled(reply_id=reply_id, reason=reason))

    async def _tool_returned(self, done: ToolResult) -> None:
        use = next(use for use in self._known.open_tools if use.tool_call_id == done.tool_call_id)
        ends_call = use.name in self._tools.ending
        # A caller who spoke into the goodbye has more to say.
        if ends_call and not done.failed and not self._known.reply(use.reply_id).cancelled:
            # Before the result: a successor runs a tool that has none again, and so says this if we do not.
            await self._say(HangUpRequested(reason="agent", after_reply_id=use.reply_id))
        await self._say(ToolReturned(tool_call_id=done.tool_call_id, result=done.result, failed=done.failed))


@asynccontextmanager
async def open_brain(settings: BrainSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the model's client, and who is left alone."""
    breakers = CircuitBreakers()
    async with open_openai(settings) as model, open_http() as client:

        async def serve(call: CallContext) -> None:
            await Mind(call, model, breakers, HttpTools(client, call.call_sid)).run()

        yield serve
