"""Generates answers: requests the call's models in order of preference and emits the reply's events."""

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog

from parley.errors import ProviderEmptyAnswer, ProviderError, ProviderTimeout, ProviderUnavailable
from parley.events.envelope import Body
from parley.knowledge.found import FoundPassage
from parley.providers.fallback_chain import Attempt, FallbackChain, Request, Route
from parley.providers.latency_limits import LatencyLimit
from parley.providers.llm import Done, LlmEvent, Message, TextDelta, TokenUsage, ToolChoice
from parley.v1.reply_pb2 import TokensUsed
from services.brain.generation.llm_route import LlmRoute
from services.brain.generation.model_text import is_speakable
from services.brain.generation.reply_builder import AnswerSource, ReplyBuilder
from services.brain.generation.time_budget import TimeBudget
from services.brain.generation.token_usage import RequestUsage
from services.brain.knowledge.wording import with_material

log = structlog.get_logger()

_T = TypeVar("_T")

MAX_FAILURES = 3
"""Requests that may fail within one turn, over all models and all answers to it."""
_BLANK_TEXT_LIMIT_S = 1.5
"""An answer that continues with only white space for this long has ended."""
_STALL_LIMIT_S = 20.0
"""Maximum pause within an answer; providers set shorter limits for each kind of output."""
_CHARS_PER_TOKEN = 10
"""More than this times `llm.max_tokens` comes only from a server that ignores the limit."""
_FULL_SHARE = 0.9
"""An attempt that timed out after less than this share of its route's limit shows nothing about the route."""
_WARM_UP_TIMEOUT_S = 5.0
"""The end of the call waits for a warm-up."""


@dataclass(frozen=True, slots=True)
class GenerationEvent:
    """Events of a reply in progress; stale once the generation of this reply has been stopped."""

    reply_id: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One answer to request from the model."""

    builder: ReplyBuilder
    messages: Callable[[str], Sequence[Message]]
    """Returns the messages for a route."""
    input_number: int = 0
    """Number of the caller's input that is answered: all answers to it share the attempts."""
    passages: Callable[[], Awaitable[Sequence[FoundPassage]]] | None = None
    """Returns the passages of documents that belong to the request, soon."""


@dataclass(frozen=True, slots=True)
class _Job:
    reply_id: str
    task: asyncio.Task[None]


class Generator:
    """Generates the answers of one call, one at a time.

    All answers to one input of the caller share a request, which limits the failures per turn: an answer
    that breaks off is continued by another model, but not indefinitely.
    """

    def __init__(
        self,
        chain: FallbackChain[LlmRoute],
        tools: Callable[[], Sequence[dict[str, Any]]],
        now_ms: Callable[[], int],
        emit: Callable[[GenerationEvent], Awaitable[None]],
        *,
        apology: str,
        report_usage: Callable[[TokensUsed], None],
    ) -> None:
        """Create a generator; `now_ms` returns the call time, `tools` the definitions for the model.

        The tokens of a complete answer are emitted with its last events, all others passed to
        `report_usage`.
        """
        self._chain = chain
        self._tools = tools
        self._now_ms = now_ms
        self._emit = emit
        self._apology = apology
        self._report_usage = report_usage
        self._request = chain.request()
        self._input_number = 0
        self._job: _Job | None = None

    @property
    def reply_id(self) -> str | None:
        """Id of the reply that is being generated."""
        return self._job.reply_id if self._job is not None else None

    async def warm_up(self) -> None:
        """Prepare the preferred model's client for a request within the next seconds."""
        # A failure is ignored: the next request fails as well and reports it.
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(_WARM_UP_TIMEOUT_S):
                client = await self._chain.routes[0].target.client()
                await client.warm_up()

    def start(self, answer: AnswerRequest, tasks: asyncio.TaskGroup) -> None:
        """Stop the current reply and generate this one."""
        self.stop()
        turn = answer.builder.turn
        if (self._request.turn, self._input_number) != (turn, answer.input_number):
            self._request, self._input_number = self._chain.request(turn=turn), answer.input_number
        generation = self._generate(answer, self._request)
        self._job = _Job(answer.builder.reply_id, tasks.create_task(generation, name="generate an answer"))

    def stop(self) -> None:
        """Stop the generation."""
        if self._job is not None:
            self._job.task.cancel()
            self._job = None

    async def _generate(self, answer: AnswerRequest, request: Request[LlmRoute]) -> None:
        builder = answer.builder
        budget = TimeBudget(_now_s() + self._chain.routes[0].target.config.timeout_s)
        tool_choice: ToolChoice | None = "auto" if builder.tools_allowed else "none"
        attempts = 0
        any_empty = False
        while builder.is_empty and (route := request.next_route()) is not None:
            if attempts and budget.is_spent(_now_s()):
                break
            attempts += 1
            builder.reset()
            limit_s = budget.attempt_limit_s(
                _now_s(),
                limit_s=route.target.first_content.limit_s(),
                others_may_follow=request.attempts_left > 1 and self._is_second_useful(route),
            )
            try:
                async with request.attempt(route) as attempt:
                    await self._attempt(answer, route, attempt, limit_s, tool_choice)
            except ProviderError as error:
                if isinstance(error, ProviderEmptyAnswer):
                    any_empty = True
                    self._chain.telemetry.usage.empty_answers.labels(**attempt.labels).inc()
                if tool_choice == "none" and isinstance(error, ProviderEmptyAnswer):
                    # The server calls tools whatever is requested: the loop ends here.
                    break
                # A server that refuses the choice gets no tools at all.
                tool_choice = None if tool_choice == "none" else tool_choice
                continue
            return
        others_left = request.next_route() is not None
        last = self._after_failures(builder, others_left=others_left, any_empty=any_empty)
        await self._emit(GenerationEvent(builder.reply_id, tuple(last)))

    def _after_failures(self, builder: ReplyBuilder, *, others_left: bool, any_empty: bool) -> list[Body]:
        """The last events of a reply that no model has completed."""
        if not builder.is_empty and others_left:
            # The brain answers an interrupted reply's turn again: the next model continues the text.
            return builder.interrupt()
        if any_empty and builder.may_be_complete:
            # The answer had broken off after its last word: there is nothing to add, and to apologize for.
            return builder.end_without_text()
        log.error("answer_failed", turn=builder.turn, reply_id=builder.reply_id)
        return builder.fail(self._apology)

    def _is_second_useful(self, route: Route[LlmRoute]) -> bool:
        """Whether to keep time for another attempt: a second one would find a slow model as slow."""
        return len(self._chain.routes) > 1 or not route.target.is_slow

    async def _attempt(
        self,
        answer: AnswerRequest,
        route: Route[LlmRoute],
        attempt: Attempt,
        limit_s: float,
        tool_choice: ToolChoice | None,
    ) -> None:
        """Stream one answer; without content within the limit the attempt has failed."""
        config = route.target.config
        clock = _ContentClock(config.provider, limit_s, route.target.first_content)
        client = await clock.wait(route.target.client())
        messages = answer.messages(route.name)
        if answer.passages is not None:
            messages = with_material(messages, await answer.passages())
        tools = [] if tool_choice is None else self._tools()
        chunks = client.stream(
            config, messages, tools, call_sid=self._chain.call_sid, tool_choice=tool_choice or "auto"
        )
        usage = RequestUsage(attempt, config.price, self._report_usage, reply_id=answer.builder.reply_id)
        with usage:
            usage.sent(messages, tools)
            async with aclosing(chunks):
                await self._stream(answer.builder, chunks, route, attempt, clock, usage)

    async def _stream(
        self,
        builder: ReplyBuilder,
        chunks: AsyncGenerator[LlmEvent],
        route: Route[LlmRoute],
        attempt: Attempt,
        clock: "_ContentClock",
        usage: RequestUsage,
    ) -> None:
        source = AnswerSource(route.name, route.provider, route.model, requested_ms=self._now_ms())
        max_chars = route.target.config.max_tokens * _CHARS_PER_TOKEN
        while (chunk := await clock.wait(anext(chunks, None))) is not None:
            usage.received(chunk)
            if isinstance(chunk, TokenUsage):
                continue
            if isinstance(chunk, TextDelta):
                chunk = clock.limited(chunk, max_chars - builder.characters)
            if not source.first_token_ms and not _is_blank(chunk):
                source = replace(source, first_token_ms=self._now_ms())
                attempt.first_output("first_token")
            if isinstance(chunk, Done):
                if not builder.has_answer(chunk.reason):
                    raise ProviderEmptyAnswer(
                        route.provider, f"an answer without content, finish reason {chunk.reason[:30]!r}"
                    )
                # Recorded before the last event is emitted, because its receiver stops this task.
                attempt.succeeded()
            bodies = [*builder.on_chunk(chunk, source), *usage.completed_by(chunk)]
            if builder.has_content and not _is_blank(chunk):
                clock.progressed()
            if bodies:
                await self._emit(GenerationEvent(builder.reply_id, tuple(bodies)))
            if isinstance(chunk, Done):
                return
        raise ProviderUnavailable(route.provider, "the stream ended without Done")


class _ContentClock:
    """Limits how long an attempt may continue without content: something to say, or a tool call."""

    def __init__(self, provider: str, limit_s: float, latency: LatencyLimit) -> None:
        self._provider = provider
        self._limit_s = limit_s
        self._latency = latency
        self._started_at_s = _now_s()
        self._deadline_s = self._started_at_s + limit_s
        self._progressed_at_s = math.inf

    async def wait(self, awaitable: Awaitable[_T]) -> _T:
        """Await a step of the attempt.

        Raises:
            ProviderTimeout: no content arrived in time.
        """
        try:
            async with asyncio.timeout_at(self._deadline_s):
                return await awaitable
        except TimeoutError:
            if math.isinf(self._progressed_at_s) and self._limit_s > _FULL_SHARE * self._latency.limit_s():
                self._latency.timed_out(self._limit_s)
            raise ProviderTimeout(self._provider, "no content within the time limit") from None

    def progressed(self) -> None:
        """Allow the next pause, after content."""
        now_s = _now_s()
        if math.isinf(self._progressed_at_s):
            self._latency.observe(now_s - self._started_at_s)
        self._progressed_at_s = now_s
        self._deadline_s = self._progressed_at_s + _STALL_LIMIT_S

    def limited(self, delta: TextDelta, max_chars: int) -> TextDelta | Done:
        """Return the delta, or the end of an answer that is too long or has been blank for too long."""
        blank_s = _now_s() - self._progressed_at_s
        if max_chars <= 0 or (_is_blank(delta) and blank_s > _BLANK_TEXT_LIMIT_S):
            return Done("length")
        return TextDelta(delta.text[:max_chars])


def _is_blank(chunk: LlmEvent) -> bool:
    return isinstance(chunk, TextDelta) and not is_speakable(chunk.text)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
