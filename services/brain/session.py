"""The brain of one call: receives events, runs the policies, and writes replies and requests to the log."""

import asyncio
from contextlib import suppress
from typing import TypeAlias

import structlog

from parley.runtime.stage import CallContext
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_GREETING,
    REPLY_KIND_RECONNECTED,
    DtmfCollected,
    ReplyResumed,
    TokensUsed,
)
from parley.v1.work_pb2 import StageFailed
from services.brain.agent_runtime import AgentRuntime, AgentRuntimes, BrainResources
from services.brain.called_tools import CalledTools
from services.brain.generation.generator import GenerationEvent
from services.brain.generation.summarizer import SummaryResult
from services.brain.policies import call_limit, turn_taking
from services.brain.policies.reconnect_policy import greeting_to_repeat, needs_apology
from services.brain.policies.turn_taking import (
    Answer,
    CancelReplies,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
from services.brain.realtime.events import CallEvents
from services.brain.realtime.link import RealtimeLink
from services.brain.realtime.voice import Voice
from services.brain.serving_agent import ServingAgent
from services.brain.session_log import SessionLog
from services.brain.tool_log import AppendRequest, ToolLog
from services.brain.tools.runner import ToolResult

log = structlog.get_logger()

_MAX_INBOX = 1000
"""Capacity of the inbox; when it is full, the model's stream is read no faster than items are handled."""

Item: TypeAlias = (
    Event
    | GenerationEvent
    | CallEvents
    | StageFailed
    | ToolResult
    | AppendRequest
    | SummaryResult
    | TokensUsed
)
"""An event of the call, or a result of the session's own tasks."""


class BrainSession:
    """The brain of one call. Its state is a fold over the log; one task handles all items in order."""

    def __init__(
        self,
        call: CallContext,
        resources: BrainResources,
    ) -> None:
        """Create the session.

        Raises:
            ConfigError: the agent file names an unusable provider.
        """
        self._call = call
        self._log = SessionLog(call.log)
        self._inbox: asyncio.Queue[Item] = asyncio.Queue(_MAX_INBOX)
        self._tool_log = ToolLog(self._log, self._inbox.put)
        self._link: RealtimeLink | None = None
        """The session of a speech-to-speech model; None in mode `cascade`."""
        self._voice: Voice | None = None
        if call.agent.is_realtime:
            self._log.restore()
            self._link = RealtimeLink(call, self._log, self._inbox.put, self._report_usage)
            self._voice = Voice(self._link, self._log, self._inbox.put)
        runtimes = AgentRuntimes(
            call, self._log, self._tool_log, resources, self._inbox.put, self._report_usage, self._voice
        )
        self._serving = ServingAgent(runtimes, self._log, self._link)
        self._tools = CalledTools(runtimes, self._serving, self._log, resources.metrics)

    @property
    def _agent(self) -> AgentRuntime:
        """The agent that serves the call at present."""
        return self._serving.runtime

    async def run(self) -> None:
        """Serve the call until it ends."""
        self._log.restore()
        if self._log.conversation.ended:
            return
        self._call.drain.set_safe_point(self._is_safe_point)
        await self._serving.take_up()
        await self._agent.replies.close_unfinished()
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read_log(), name="read the log")
            tasks.create_task(self._agent.generator.warm_up(), name="warm up the model")
            speaking = self._start_realtime(tasks)
            await self._serving.choose_phrases()
            if not self._log.conversation.totals.replies:
                for opening in self._agent.agent.openings:
                    await self._greet(opening.text, whole=not opening.interruptible)
            wait_until_ms = await self._decide_and_act(tasks)
            while not self._log.conversation.ended:
                await self._on_item(await self._next_item(wait_until_ms), tasks)
                wait_until_ms = await self._decide_and_act(tasks)
            reader.cancel()
            for task in speaking:
                task.cancel()
            self._tool_log.close()
            self._agent.stop()
        await self._append_last_usage()

    def _is_safe_point(self) -> bool:
        """Whether another process can continue the call without a loss."""
        return self._log.conversation.is_idle and (self._link is None or self._link.is_quiet)

    def _start_realtime(self, tasks: asyncio.TaskGroup) -> tuple[asyncio.Task[None], ...]:
        if self._link is None or self._voice is None or self._agent.realtime is None:
            return ()
        self._link.use(self._agent.realtime)
        return (
            tasks.create_task(self._link.run(), name="keep the realtime session"),
            tasks.create_task(self._voice.run(), name="speak texts"),
        )

    async def _read_log(self) -> None:
        async for event in self._call.log:
            await self._inbox.put(event)

    def _report_usage(self, used: TokensUsed) -> None:
        """Pass on the tokens of a request that was stopped, from a task that must not wait."""
        try:
            self._inbox.put_nowait(used)
        except asyncio.QueueFull:
            log.warning("token_usage_lost", reply_id=used.reply_id)

    async def _append_last_usage(self) -> None:
        """Append the tokens of requests that the end of the call has stopped."""
        while not self._inbox.empty():
            if isinstance(item := self._inbox.get_nowait(), TokensUsed):
                await self._log.append(item)

    async def _greet(self, text: str, *, whole: bool) -> None:
        if text.strip():
            await self._agent.replies.write_text(REPLY_KIND_GREETING, text, uninterruptible=whole)

    async def _next_item(self, wait_until_ms: int | None) -> Item | None:
        if wait_until_ms is None:
            return await self._inbox.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, wait_until_ms - self._log.now_ms()) / 1000):
                return await self._inbox.get()
        return None

    async def _on_item(self, item: Item | None, tasks: asyncio.TaskGroup) -> None:
        match item:
            case Event():
                self._on_event(item, tasks)
            case GenerationEvent():
                await self._agent.replies.on_generation(item)
            case CallEvents():
                await self._on_call_events(item, tasks)
            case StageFailed() | TokensUsed():
                await self._log.append(item)
            case ToolResult():
                await self._tools.on_result(item, tasks)
            case AppendRequest():
                await self._tool_log.carry_out(item)
            case SummaryResult():
                await self._agent.history.on_result(item)
            case None:
                pass

    def _on_event(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        self._log.apply(event)
        self._tool_log.on_event(event)
        self._search_documents(event, tasks)
        if event.HasField("speech_started"):
            tasks.create_task(self._agent.generator.warm_up(), name="warm up the model")

    async def _on_call_events(self, item: CallEvents, tasks: asyncio.TaskGroup) -> None:
        """Append events of the realtime session."""
        for body in item.bodies:
            self._search_documents(await self._log.append_one(body), tasks)
        await self._withdraw_answers_to_noise()

    def _search_documents(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        if (retrieval := self._agent.tools.retrieval) is not None:
            retrieval.on_event(event, self._log.conversation, tasks)

    async def _withdraw_answers_to_noise(self) -> None:
        """Cancel an answer to a turn that turned out to have no words, unless it is audible already."""
        conversation = self._log.conversation
        for reply in conversation.active_replies:
            turn = conversation.turn(reply.turn)
            if turn is not None and turn.is_noise and not reply.audible:
                await self._agent.replies.cancel(reply.reply_id, "speculation")

    async def _decide_and_act(self, tasks: asyncio.TaskGroup) -> int | None:
        """Run all policies; return the call time at which to run them again."""
        self._tools.run(tasks)
        await self._serving.follow_language(tasks)
        await self._greet_after_hand_off()
        await self._apologise_after_reconnect()
        if self._log.conversation.fallback_requested:
            return None
        await self._agent.history.limit(tasks)
        wake_times = (
            await self._agent.timed.enforce_limit(),
            await self._run_turn_taking(tasks),
            await self._agent.timed.play_filler_if_due(),
            await self._agent.timed.handle_idle(),
            await self._agent.timed.escalate(),
        )
        return min((ms for ms in wake_times if ms is not None), default=None)

    async def _greet_after_hand_off(self) -> None:
        """Begin with the next agent's greeting, once the hand-off is complete."""
        conversation = self._log.conversation
        if conversation.agent.greeting and not conversation.pending_tool_calls:
            whole = not self._agent.agent.greeting.interruptible
            await self._greet(conversation.agent.greeting, whole=whole)

    async def _apologise_after_reconnect(self) -> None:
        """Cancel the current replies after a lost stream and apologise, if the agent file requests it."""
        while needs_apology(self._log.conversation, self._agent.agent):
            for reply in reversed(self._log.conversation.active_replies):
                await self._agent.replies.cancel(reply.reply_id, "stream_lost")
            await self._agent.replies.write_text(REPLY_KIND_RECONNECTED, self._agent.agent.reconnect.apology)
        if greeting := greeting_to_repeat(self._log.conversation):
            await self._greet(greeting, whole=True)

    async def _run_turn_taking(self, tasks: asyncio.TaskGroup) -> int | None:
        """Carry out turn-taking decisions until none is left."""
        while True:
            state = self._log.state
            decision = call_limit.turn_decision(
                state.limit, state.floor, state.conversation, self._agent.agent, now_ms=self._log.now_ms()
            )
            match decision:
                case None:
                    return None
                case WaitUntil(at_ms=at_ms):
                    return at_ms
                case _:
                    await self._take_turn(decision, tasks)

    async def _take_turn(self, decision: turn_taking.Decision, tasks: asyncio.TaskGroup) -> None:
        match decision:
            case CancelReplies(reply_ids=reply_ids, reason=reason):
                for reply_id in reply_ids:
                    await self._agent.replies.cancel(reply_id, reason)
            case Resume(reply_id=reply_id, reason=reason):
                await self._log.append(ReplyResumed(reply_id=reply_id, reason=reason))
            case Answer(turn=turn):
                self._agent.history.stop()
                await self._agent.replies.answer(turn, tasks)
            case Speculate(turn=turn):
                self._agent.history.stop()
                await self._agent.replies.speculate(turn, tasks)
            case Release(reply_id=reply_id):
                await self._agent.replies.release(reply_id)
                self._tools.run(tasks)
            case SubmitDtmf(digits=digits, ended_by=ended_by):
                await self._log.append(DtmfCollected(digits=digits, ended_by=ended_by))
            case WaitUntil():
                pass
