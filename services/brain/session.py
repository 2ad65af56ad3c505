"""The brain of one call: receives events, runs the policies, and writes replies and requests to the log."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

import structlog

from parley.circuit_breaker import CircuitBreakers
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.route_selector import RetryPolicy
from parley.runtime.stage import CallContext
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_GREETING,
    REPLY_KIND_RECONNECTED,
    DtmfCollected,
    HangUpRequested,
    PhrasesChosen,
    ReplyResumed,
    ToolReturned,
)
from parley.v1.work_pb2 import StageFailed
from services.brain.conversation import PhraseChoice
from services.brain.generation.generator import MAX_FAILURES, GenerationEvent, Generator
from services.brain.generation.llm_route import LlmRoute
from services.brain.generation.summarizer import Summarizer, SummaryResult
from services.brain.history_limiter import HistoryLimiter
from services.brain.metrics import UNKNOWN_TOOL, BrainMetrics
from services.brain.policies import ending_calls, turn_taking
from services.brain.policies.reconnect_policy import needs_apology, needs_greeting_again
from services.brain.policies.turn_taking import (
    Answer,
    CancelReplies,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
from services.brain.reply_writer import ReplyWriter
from services.brain.session_log import SessionLog
from services.brain.timed_actions import TimedActions
from services.brain.tool_log import AppendRequest, ToolLog
from services.brain.tools.context import ToolContext, ToolResources
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import ToolResult, ToolRunner, refusal

log = structlog.get_logger()

_MAX_INBOX = 1000
"""Capacity of the inbox; when it is full, the model's stream is read no faster than items are handled."""

Item: TypeAlias = Event | GenerationEvent | StageFailed | ToolResult | AppendRequest | SummaryResult
"""An event of the call, or a result of the session's own tasks."""


class BrainSession:
    """The brain of one call. Its state is a fold over the log; one task handles all items in order."""

    def __init__(
        self,
        call: CallContext,
        routes: Sequence[Route[LlmRoute]],
        breakers: CircuitBreakers,
        resources: ToolResources,
        metrics: BrainMetrics,
    ) -> None:
        self._call = call
        self._metrics = metrics
        self._log = SessionLog(call.log)
        self._inbox: asyncio.Queue[Item] = asyncio.Queue(_MAX_INBOX)
        self._tool_log = ToolLog(self._log, self._inbox.put)
        context = ToolContext(
            call.call_sid,
            call.started,
            call.agent,
            resources,
            append=self._tool_log.append,
            outcome=self._tool_log.outcome,
        )
        self._tools = ToolRunner(
            build_tools(call.agent, context),
            self._inbox.put,
            call.log.ready_for_side_effects,
            metrics.tools_running,
        )
        chain = FallbackChain(
            "brain",
            call.call_sid,
            call.agent.name,
            routes,
            breakers,
            call.telemetry,
            report=self._inbox.put,
            policy=RetryPolicy(max_failures=MAX_FAILURES),
        )
        self._generator = Generator(
            chain,
            lambda: self._tools.definitions,
            self._log.now_ms,
            self._inbox.put,
            apology=call.agent.apology,
        )
        self._history = HistoryLimiter(call.agent, self._log, Summarizer(chain, self._inbox.put))
        self._replies = ReplyWriter(
            call.agent,
            self._log,
            self._generator,
            metrics,
            tool_names=lambda: self._tools.names,
            terminal_tools=self._tools.terminal_tools,
            retrieval=self._tools.retrieval,
        )
        self._timed = TimedActions(call.agent, self._log, self._replies)

    async def run(self) -> None:
        """Serve the call until it ends."""
        self._log.restore()
        if self._log.conversation.ended:
            return
        self._call.drain.set_safe_point(lambda: self._log.conversation.is_idle)
        await self._replies.close_unfinished()
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read_log(), name="read the log")
            tasks.create_task(self._generator.warm_up(), name="warm up the model")
            await self._choose_phrases()
            if not self._log.conversation.totals.replies:
                await self._greet()
            wait_until_ms = await self._decide_and_act(tasks)
            while not self._log.conversation.ended:
                await self._on_item(await self._next_item(wait_until_ms), tasks)
                wait_until_ms = await self._decide_and_act(tasks)
            reader.cancel()
            self._tool_log.close()
            if (retrieval := self._tools.retrieval) is not None:
                retrieval.stop()
            self._generator.stop()
            self._history.stop()

    async def _read_log(self) -> None:
        async for event in self._call.log:
            await self._inbox.put(event)

    async def _greet(self) -> None:
        greeting = self._call.agent.opening
        if greeting.text.strip():
            await self._replies.write_text(
                REPLY_KIND_GREETING, greeting.text, uninterruptible=not greeting.interruptible
            )

    async def _choose_phrases(self) -> None:
        """Append the phrases of the agent's language, unless the log has them."""
        agent = self._call.agent
        added = agent.turn_taking
        choice = PhraseChoice(agent.stt.language, added.backchannels, added.hold_phrases)
        if choice != self._log.conversation.phrase_choice:
            await self._log.append(
                PhrasesChosen(
                    language=choice.language,
                    backchannels=choice.backchannels,
                    hold_phrases=choice.hold_phrases,
                )
            )

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
                self._log.apply(item)
                self._tool_log.on_event(item)
                if (retrieval := self._tools.retrieval) is not None:
                    retrieval.on_event(item, self._log.conversation, tasks)
                if item.HasField("speech_started"):
                    tasks.create_task(self._generator.warm_up(), name="warm up the model")
            case GenerationEvent():
                await self._replies.on_generation(item)
            case StageFailed():
                await self._log.append(item)
            case ToolResult():
                await self._on_tool_result(item)
            case AppendRequest():
                await self._tool_log.carry_out(item)
            case SummaryResult():
                await self._history.on_result(item)
            case None:
                pass

    async def _decide_and_act(self, tasks: asyncio.TaskGroup) -> int | None:
        """Run all policies; return the call time at which to run them again."""
        self._run_tools(tasks)
        await self._apologise_after_reconnect()
        if self._log.conversation.fallback_requested:
            return None
        await self._history.limit(tasks)
        wake_times = (
            await self._timed.enforce_limit(),
            await self._run_turn_taking(tasks),
            await self._timed.play_filler_if_due(),
            await self._timed.handle_idle(),
            await self._timed.escalate(),
        )
        return min((ms for ms in wake_times if ms is not None), default=None)

    async def _apologise_after_reconnect(self) -> None:
        """Cancel the current replies after a lost stream and apologise, if the agent file requests it."""
        while needs_apology(self._log.conversation, self._call.agent):
            for reply in reversed(self._log.conversation.active_replies):
                await self._replies.cancel(reply.reply_id, "stream_lost")
            await self._replies.write_text(REPLY_KIND_RECONNECTED, self._call.agent.reconnect.apology)
        if needs_greeting_again(self._log.conversation):
            await self._greet()

    async def _run_turn_taking(self, tasks: asyncio.TaskGroup) -> int | None:
        """Carry out turn-taking decisions until none is left; none interrupts the goodbye at the limit."""
        while not self._log.state.limit.ending:
            decision = turn_taking.decide(
                self._log.state.floor,
                self._log.conversation,
                self._call.agent,
                now_ms=self._log.now_ms(),
            )
            match decision:
                case None:
                    return None
                case WaitUntil(at_ms=at_ms):
                    return at_ms
                case _:
                    await self._take_turn(decision, tasks)
        return None

    async def _take_turn(self, decision: turn_taking.Decision, tasks: asyncio.TaskGroup) -> None:
        match decision:
            case CancelReplies(reply_ids=reply_ids, reason=reason):
                for reply_id in reply_ids:
                    await self._replies.cancel(reply_id, reason)
            case Resume(reply_id=reply_id, reason=reason):
                await self._log.append(ReplyResumed(reply_id=reply_id, reason=reason))
            case Answer(turn=turn):
                self._history.stop()
                await self._replies.answer(turn, tasks)
            case Speculate(turn=turn):
                self._history.stop()
                await self._replies.speculate(turn, tasks)
            case Release(reply_id=reply_id):
                await self._replies.release(reply_id)
                self._run_tools(tasks)
            case SubmitDtmf(digits=digits, ended_by=ended_by):
                await self._log.append(DtmfCollected(digits=digits, ended_by=ended_by))
            case WaitUntil():
                pass

    def _run_tools(self, tasks: asyncio.TaskGroup) -> None:
        conversation = self._log.conversation
        runnable = ending_calls.runnable(conversation, self._tools.terminal_tools)
        self._tools.run(runnable, tasks, earlier=conversation.tool_call)

    async def _on_tool_result(self, result: ToolResult) -> None:
        pending = self._log.conversation.pending_tool_calls
        call = next(call for call in pending if call.tool_call_id == result.tool_call_id)
        terminal_tools = self._tools.terminal_tools
        if call.name in terminal_tools and not result.failed:
            if reason := ending_calls.why_not_end(call, self._log.conversation, terminal_tools):
                result = refusal(call, reason)
            else:
                # Appended before the result: the next owner repeats a tool call without a result, and with
                # it this request.
                await self._log.append(HangUpRequested(reason="agent", after_reply_id=call.reply_id))
        tool = call.name if call.name in self._tools.names else UNKNOWN_TOOL
        self._metrics.tool_returned(self._call.agent.name, tool, result)
        await self._log.append(
            ToolReturned(tool_call_id=call.tool_call_id, result=result.result, failed=result.failed)
        )
        self._tools.forget(call.tool_call_id)
        finished = replace(call, result=result.result, failed=result.failed)
        if ending_calls.retracts_goodbye(finished, self._log.conversation, terminal_tools):
            await self._replies.cancel(call.reply_id, "tool_failed")
