"""Tests for the generation of answers with retries and fallbacks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, cast

import pytest

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError, ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimit
from parley.providers.llm import (
    Done,
    LlmClient,
    LlmEvent,
    Message,
    TextDelta,
    TokenUsage,
    ToolCallRequest,
)
from parley.providers.pool import ProviderPool
from parley.providers.route_selector import RetryPolicy
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, TokensUsed
from parley.v1.work_pb2 import StageFailed
from services.brain.generation.generator import MAX_FAILURES, AnswerRequest, GenerationEvent, Generator
from services.brain.generation.llm_route import LlmRoute, first_content_range
from services.brain.generation.repetitions import Spoken
from services.brain.generation.reply_builder import ReplyBuilder
from tests.event_factories import bodies_of
from tests.eventually import eventually
from tests.unit.parley.providers.doubles import make_telemetry

APOLOGY = "Sorry."
TOOLS: list[dict[str, Any]] = [{"type": "function", "function": {"name": "look"}}]
BROKEN = ProviderUnavailable("test", "broken")
REJECTED = ProviderRejected("test", "rejected")
ANSWER: list[LlmEvent | ProviderError] = [TextDelta("Yes. "), Done("stop")]
BREAKS_OFF: list[LlmEvent | ProviderError] = [TextDelta("We open. At "), BROKEN]


class FakeClient:
    """Streams prepared chunks for each model, or raises an error."""

    def __init__(self, **chunks: Sequence[LlmEvent | ProviderError]) -> None:
        self._chunks = chunks
        self.requested: list[str] = []
        self.warm_ups = 0

    async def warm_up(self) -> None:
        """Count the warm-ups."""
        self.warm_ups += 1

    async def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],  # noqa: ARG002 - the chunks are prepared
        tools: Sequence[Mapping[str, Any]],  # noqa: ARG002 - as above
        *,
        call_sid: str,  # noqa: ARG002 - as above
        tool_choice: str = "auto",  # noqa: ARG002 - as above
    ) -> AsyncGenerator[LlmEvent]:
        """Stream the chunks of the requested model."""
        self.requested.append(config.model)
        for chunk in self._chunks[config.model]:
            if isinstance(chunk, ProviderError):
                raise chunk
            yield chunk


class FakePool:
    """Returns one client, or raises ConfigError without it."""

    def __init__(self, client: LlmClient | None) -> None:
        self._client = client

    async def get(self, name: str) -> LlmClient:
        """Return the client."""
        if self._client is None:
            raise ConfigError(f"{name} cannot be opened")
        return self._client


class LateClient(FakeClient):
    """Answers after a delay."""

    def __init__(self, delay_s: float) -> None:
        super().__init__()
        self._delay_s = delay_s

    async def stream(self, config: LlmConfig, *_: Any, **__: Any) -> AsyncGenerator[LlmEvent]:
        """Answer late."""
        self.requested.append(config.model)
        await asyncio.sleep(self._delay_s)
        for chunk in ANSWER:
            assert not isinstance(chunk, ProviderError)
            yield chunk


async def test_a_slow_model_has_all_the_time() -> None:
    """A second request to it would be as slow; only a fallback may be faster."""
    client = LateClient(1.5)
    assert await Harness(client, "first", timeout_s=2.1).answer() == "stop"
    assert client.requested == ["first"]

    client = LateClient(1.5)
    await Harness(client, "first", "second", timeout_s=2.1).answer()
    assert client.requested[:2] == ["first", "second"]


async def test_a_fast_model_that_hangs_is_requested_again_soon() -> None:
    """The limit follows the latencies that were measured."""
    client = LateClient(5.0)
    harness = Harness(client, "first", timeout_s=3.0)
    for _ in range(10):
        harness.routes[0].target.first_content.observe(0.02)
    started_s = asyncio.get_running_loop().time()
    assert await harness.answer() == "error"

    assert len(client.requested) >= 2
    assert asyncio.get_running_loop().time() - started_s < 4.0


async def test_latencies_are_measured_to_the_first_content() -> None:
    """A request without content in time counts as a slow one."""
    harness = Harness(LateClient(0.1), "first")
    await harness.answer()
    limit = harness.routes[0].target.first_content
    assert 0.1 <= limit._observed[0].latency_s < 2.0

    harness = Harness(LateClient(5.0), "first", timeout_s=0.1)
    await harness.answer()
    assert harness.routes[0].target.first_content._observed[0].latency_s > 0.1


def request(builder: ReplyBuilder, input_number: int = 1) -> AnswerRequest:
    """A request without any messages."""
    return AnswerRequest(builder, lambda _route: [], input_number)


def llm_route(config: LlmConfig, pool: "ProviderPool[LlmClient]") -> LlmRoute:
    """A route whose latency was never measured."""
    return LlmRoute(config, pool, LatencyLimit(first_content_range(config)))


class Harness:
    """A generator with the given models, and everything that it emits."""

    def __init__(self, client: LlmClient | None, *models: str, timeout_s: float = 3.0) -> None:
        self.emitted: list[Body] = []
        self.stopped_usage: list[TokensUsed] = []
        """The tokens of requests that were stopped or failed."""
        self._finished = asyncio.Event()
        pool = cast("ProviderPool[LlmClient]", FakePool(client))
        routes = [
            Route(model, "test", model, llm_route(LlmConfig(model=model, timeout_s=timeout_s), pool))
            for model in models
        ]
        self.registry = (telemetry := make_telemetry()).registry
        chain = FallbackChain(
            "brain",
            "CA1",
            "clinic",
            routes,
            CircuitBreakers(),
            telemetry,
            report=self._on_failure,
            policy=RetryPolicy(max_failures=MAX_FAILURES),
        )
        self.routes = routes
        self.generator = Generator(
            chain,
            lambda: TOOLS,
            lambda: 0,
            self._on_event,
            apology=APOLOGY,
            report_usage=self.stopped_usage.append,
        )

    async def _on_failure(self, failed: StageFailed) -> None:
        self.emitted.append(failed)

    async def _on_event(self, event: GenerationEvent) -> None:
        self.emitted += event.bodies
        if bodies_of(event.bodies, ReplyFinished):
            self._finished.set()

    async def answer(
        self, reply_id: str = "r1", turn: int = 1, *, tools_allowed: bool = True, broken_off: str = ""
    ) -> str:
        """Generate an answer, or continue one that broke off; return the reason of its end."""
        self._finished.clear()
        spoken = Spoken(broken_off=(broken_off,)) if broken_off else Spoken()
        builder = ReplyBuilder(reply_id, turn, tools_allowed=tools_allowed, spoken=spoken)
        async with asyncio.TaskGroup() as tasks:
            self.generator.start(request(builder), tasks)
            await self._finished.wait()
            self.generator.stop()
        return bodies_of(self.emitted, ReplyFinished)[-1].reason

    @property
    def texts(self) -> list[str]:
        """Texts of the emitted clauses."""
        return [clause.text for clause in bodies_of(self.emitted, ReplyClause)]

    @property
    def failures(self) -> list[str]:
        """Codes of the emitted failures."""
        return [failed.code for failed in bodies_of(self.emitted, StageFailed)]


@pytest.mark.parametrize("error", [BROKEN, REJECTED])
async def test_the_second_model_is_requested_when_the_first_fails(error: ProviderError) -> None:
    """The failure is reported before the text."""
    client = FakeClient(first=[error], second=ANSWER)
    harness = Harness(client, "first", "second")

    assert await harness.answer() == "stop"
    assert client.requested == ["first", "second"]
    assert isinstance(harness.emitted[0], StageFailed)
    assert (harness.failures, harness.texts) == ([error.code], ["Yes. "])
    [clause] = bodies_of(harness.emitted, ReplyClause)
    assert (clause.provider, clause.model) == ("test", "second")


async def test_tokens_and_empty_answers_are_counted_by_model() -> None:
    """An answer with nothing but its usage counts as empty."""
    usage = TokenUsage(input=120, cached_input=100, output=30, reasoning=10)
    client = FakeClient(first=[usage, Done("stop")], second=[*ANSWER[:-1], usage, Done("stop")])
    harness = Harness(client, "first", "second")
    assert await harness.answer() == "stop"

    labels = {"agent": "clinic", "provider": "test", "model": "second"}
    counted = {
        kind: harness.registry.get_sample_value("parley_llm_tokens_total", {**labels, "kind": kind})
        for kind in ("input", "cached_input", "output", "reasoning")
    }
    assert counted == {"input": 120, "cached_input": 100, "output": 30, "reasoning": 10}
    [used] = bodies_of(harness.emitted, TokensUsed)
    assert (used.reply_id, used.model, used.input, used.output) == ("r1", "second", 120, 30)
    assert [each.model for each in harness.stopped_usage] == ["first"]
    empty = {**labels, "model": "first"}
    assert harness.registry.get_sample_value("parley_empty_answers_total", empty) == 1


@pytest.mark.parametrize(("error", "attempts"), [(BROKEN, 2), (REJECTED, 1)])
async def test_a_single_model_is_retried_once_unless_it_rejects(error: ProviderError, attempts: int) -> None:
    """Without any text the reply is an apology."""
    client = FakeClient(first=[error])
    harness = Harness(client, "first")

    assert await harness.answer() == "error"
    assert client.requested == ["first"] * attempts
    assert harness.texts == [APOLOGY]


async def test_attempts_are_limited() -> None:
    """Two models are requested alternately, three times in total."""
    client = FakeClient(first=[BROKEN], second=[BROKEN])
    harness = Harness(client, "first", "second")

    assert await harness.answer() == "error"
    assert client.requested == ["first", "second", "first"]


async def test_the_tokens_of_a_stopped_answer_are_reported() -> None:
    """The tokens of a complete one are emitted with its end, because its receiver stops the task."""
    client = LateClient(60)
    harness = Harness(client, "first")
    builder = ReplyBuilder("r1", 1)
    async with asyncio.TaskGroup() as tasks:
        harness.generator.start(request(builder), tasks)
        await eventually(lambda: client.requested or None)
        harness.generator.stop()

    [used] = harness.stopped_usage
    assert (used.reply_id, used.estimated) == ("r1", True)
    assert used.input > 0


async def test_an_answer_that_breaks_off_is_continued_by_the_next_model() -> None:
    """Its complete clauses stay, and a second reply to the turn follows."""
    client = FakeClient(first=BREAKS_OFF, second=ANSWER)
    harness = Harness(client, "first", "second")

    assert await harness.answer("r1") == "interrupted"
    assert await harness.answer("r2") == "stop"
    assert client.requested == ["first", "second"]
    assert harness.texts == ["We open. ", "Yes. "]


async def test_attempts_are_limited_per_turn_and_not_per_reply() -> None:
    """A model that always breaks off cannot continue its own answers indefinitely."""
    client = FakeClient(first=BREAKS_OFF)
    harness = Harness(client, "first")

    assert await harness.answer("r1") == "interrupted"
    assert await harness.answer("r2") == "error"
    assert await harness.answer("r3", turn=2) == "interrupted"


async def test_a_stream_without_an_end_is_a_failure() -> None:
    """Third-party providers may violate the protocol."""
    harness = Harness(FakeClient(first=[TextDelta("Yes")], second=ANSWER), "first", "second")

    assert await harness.answer() == "stop"
    assert harness.failures == ["unavailable"]


async def test_a_provider_that_cannot_be_opened_is_a_failure() -> None:
    """The warm-up ignores the error, and the request reports it."""
    harness = Harness(None, "first")
    await harness.generator.warm_up()

    assert harness.failures == []
    assert await harness.answer() == "error"
    assert harness.failures == ["rejected"]


async def test_a_provider_that_does_not_open_in_time_is_a_failure() -> None:
    """The answer does not wait for it longer than for a first token."""

    class HangingPool(FakePool):
        async def get(self, name: str) -> LlmClient:  # noqa: ARG002 - none opens
            return await asyncio.Event().wait()  # type: ignore[return-value]

    config = LlmConfig(provider="slow", timeout_s=0.01)
    route = llm_route(config, cast("ProviderPool[LlmClient]", HangingPool(None)))
    with pytest.raises(ProviderTimeout, match="slow: the provider did not open"):
        await route.client()


async def test_the_preferred_model_is_warmed_up() -> None:
    """The fallbacks are not warmed up, because they are rarely used."""
    client = FakeClient()
    await Harness(client, "first", "second").generator.warm_up()

    assert client.warm_ups == 1


async def test_the_end_of_a_call_does_not_wait_for_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not respond is left to the next request."""

    class HangingClient(FakeClient):
        async def warm_up(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("services.brain.generation.generator._WARM_UP_TIMEOUT_S", 0.01)
    async with asyncio.timeout(5):
        await Harness(HangingClient(), "first").generator.warm_up()


@asynccontextmanager
async def hanging_generation() -> AsyncIterator[tuple[Generator, list[Body]]]:
    """A generation whose model never sends anything."""
    started = asyncio.Event()

    class HangingClient(FakeClient):
        async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[LlmEvent]:
            started.set()
            await asyncio.Event().wait()
            yield Done("stop")

    harness = Harness(HangingClient(), "first")
    async with asyncio.TaskGroup() as tasks:
        harness.generator.start(request(ReplyBuilder("r1", 1)), tasks)
        await started.wait()
        yield harness.generator, harness.emitted


async def test_a_stopped_generation_emits_nothing() -> None:
    """A cancelled request is not a failure of its provider."""
    async with hanging_generation() as (generator, emitted):
        assert generator.reply_id == "r1"
        generator.stop()

    assert generator.reply_id is None
    assert emitted == []


@pytest.mark.parametrize(
    "chunks",
    [
        [Done("stop")],
        [TextDelta(" \n"), Done("stop")],
        [TextDelta("... "), TextDelta("?!"), Done("stop")],
        [Done("length")],
        [Done("content_filter")],
        [TextDelta("\n"), Done("tool_calls")],
        [ToolCallRequest("x", "look", '{"a": '), Done("length")],
    ],
)
async def test_an_answer_without_content_is_a_failure(chunks: list[LlmEvent]) -> None:
    """The next model is requested, and alone the same one again."""
    harness = Harness(FakeClient(first=chunks, second=ANSWER), "first", "second")
    assert await harness.answer() == "stop"
    assert (harness.failures, harness.texts) == (["empty_answer"], ["Yes. "])

    client = FakeClient(first=chunks)
    alone = Harness(client, "first")
    assert await alone.answer() == "error"
    assert (alone.texts, client.requested) == ([APOLOGY], ["first", "first"])


@pytest.mark.parametrize(
    ("broken_off", "texts", "reason"), [("We open.", [], "stop"), ("We open", [APOLOGY], "error")]
)
async def test_nothing_is_added_to_an_answer_that_broke_off_after_its_end(
    broken_off: str, texts: list[str], reason: str
) -> None:
    """A model has nothing to say; after an unfinished sentence it has failed."""
    harness = Harness(FakeClient(first=[BROKEN], second=[Done("stop")]), "first", "second")
    assert await harness.answer(broken_off=broken_off) == reason
    assert harness.texts == texts

    failing = Harness(FakeClient(first=[BROKEN]), "first")
    assert await failing.answer(broken_off=broken_off) == "error"


async def test_failures_are_limited_over_all_rounds_of_a_turn() -> None:
    """A request that succeeds, as one with tool calls, does not count."""
    look: list[LlmEvent | ProviderError] = [ToolCallRequest("x", "look", "{}"), Done("tool_calls")]
    client = FakeClient(first=[BROKEN], second=look)
    harness = Harness(client, "first", "second")

    assert await harness.answer("r1") == "tool_calls"
    assert await harness.answer("r2") == "tool_calls"
    assert await harness.answer("r3", turn=2) == "tool_calls"
    assert client.requested == ["first", "second", "second", "first", "second"]


class SlowClient(FakeClient):
    """Sends a delta at a time and never ends; None is a pause without end."""

    def __init__(self, *deltas: str | None, repeat: str = "") -> None:
        super().__init__()
        self._deltas = deltas
        self._repeat = repeat

    async def stream(self, config: LlmConfig, *_: Any, **__: Any) -> AsyncGenerator[LlmEvent]:
        """Stream the deltas, then the repeated one without end."""
        self.requested.append(config.model)
        for delta in self._deltas:
            if delta is None:
                await asyncio.Event().wait()
            yield TextDelta(delta or "")
        while True:
            await asyncio.sleep(0.001)
            yield TextDelta(self._repeat)


@pytest.mark.parametrize("client", [SlowClient(None), SlowClient(repeat=" "), SlowClient(repeat=".")])
async def test_the_time_without_content_is_limited_over_all_attempts(client: SlowClient) -> None:
    """A server that hangs, and one that sends only white space, end in an apology."""
    client.requested.clear()
    harness = Harness(client, "first", timeout_s=0.05)
    async with asyncio.timeout(5):
        assert await harness.answer() == "error"

    assert harness.texts == [APOLOGY]
    assert 1 <= len(client.requested) <= MAX_FAILURES


async def test_a_second_attempt_has_time_after_a_first_that_hangs() -> None:
    """A model that has been fast gets a part of the time only."""

    class HangsOnce(FakeClient):
        async def stream(self, config: LlmConfig, *_: Any, **__: Any) -> AsyncGenerator[LlmEvent]:
            self.requested.append(config.model)
            if len(self.requested) == 1:
                await asyncio.Event().wait()
            yield TextDelta("Yes.")
            yield Done("stop")

    client = HangsOnce()
    harness = Harness(client, "first", timeout_s=3.0)
    for _ in range(10):
        harness.routes[0].target.first_content.observe(0.02)

    assert await harness.answer() == "stop"
    assert (harness.texts, harness.failures) == (["Yes."], ["timeout"])


async def test_an_answer_that_continues_blank_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models may produce white space without end after their answer; it is not requested again."""
    monkeypatch.setattr("services.brain.generation.generator._BLANK_TEXT_LIMIT_S", 0.05)
    client = SlowClient("We open at nine. ", repeat="\n")
    harness = Harness(client, "first")

    assert await harness.answer() == "length"
    assert (harness.texts, len(client.requested)) == (["We open at nine. "], 1)


async def test_an_answer_without_end_is_cut_off() -> None:
    """A server may ignore the limit on tokens."""
    harness = Harness(SlowClient(repeat="Ever more. " * 20), "first")

    assert await harness.answer() == "length"
    assert 2900 <= len("".join(harness.texts)) <= 3300


async def test_a_stall_within_an_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds for providers without a limit of their own."""
    monkeypatch.setattr("services.brain.generation.generator._STALL_LIMIT_S", 0.05)
    harness = Harness(SlowClient("We open at nine. And", None), "first")

    assert await harness.answer() == "interrupted"
    assert harness.failures == ["timeout"]


async def test_a_server_that_always_calls_tools_is_not_requested_again() -> None:
    """The loop of tool calls ends with the apology."""

    class LoopingClient(FakeClient):
        choices: ClassVar[list[tuple[str, int]]] = []

        async def stream(self, *args: Any, tool_choice: str = "auto", **_: Any) -> AsyncGenerator[LlmEvent]:
            self.choices.append((tool_choice, len(args[2])))
            yield ToolCallRequest("x", "look", "{}")
            yield Done("tool_calls")

    harness = Harness(LoopingClient(), "first")

    assert await harness.answer(tools_allowed=False) == "error"
    assert LoopingClient.choices == [("none", 1)]
    assert harness.texts == [APOLOGY]


async def test_a_server_that_refuses_the_tool_choice_gets_no_tools() -> None:
    """The next attempt may still be answered."""

    class RefusingClient(FakeClient):
        async def stream(self, *args: Any, tool_choice: str = "auto", **_: Any) -> AsyncGenerator[LlmEvent]:
            if tool_choice == "none":
                raise BROKEN
            assert not args[2]
            yield TextDelta("Nothing found.")
            yield Done("stop")

    harness = Harness(RefusingClient(), "first")

    assert await harness.answer(tools_allowed=False) == "stop"
    assert harness.texts == ["Nothing found."]
