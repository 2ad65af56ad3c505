"""Tests for the request for notes in the background."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimit
from parley.providers.llm import Done, LlmClient, LlmEvent, TextDelta, TokenUsage
from parley.providers.pool import ProviderPool
from parley.v1.reply_pb2 import TokensUsed
from parley.v1.work_pb2 import StageFailed
from services.brain.generation import summarizer as module
from services.brain.generation.llm_route import LlmRoute, first_content_range
from services.brain.generation.summarizer import Summarizer, SummaryResult
from services.brain.items import CallerTurn
from services.brain.reply import Reply
from services.brain.window import Earlier, Split
from tests.unit.parley.providers.doubles import make_telemetry

SPLIT = Split((CallerTurn(3, "I am Ann"), Reply("r4", 3, clauses=("Hello.",), done=True)), ())
NOTES: list[LlmEvent | ProviderError] = [
    TextDelta("The caller"),
    TextDelta(" is Ann."),
    TokenUsage(input=90, output=7),
    Done("stop"),
]
WRITTEN = SummaryResult("r4", 3, "The caller is Ann.", "test", "first")
NOT_WRITTEN = SummaryResult("r4", 3)


class FakeClient:
    """Streams prepared chunks for each model; without any it hangs."""

    def __init__(self, **chunks: list[LlmEvent | ProviderError]) -> None:
        self._chunks = chunks
        self.requests: list[tuple[LlmConfig, Any, Any]] = []
        self.requested = asyncio.Event()
        self.closed = False

    async def get(self, _name: str) -> "FakeClient":
        """Return itself, as a pool."""
        return self

    async def stream(
        self, config: LlmConfig, messages: Any, tools: Any, **_: Any
    ) -> AsyncGenerator[LlmEvent]:
        """Stream the chunks."""
        self.requests.append((config, messages, tools))
        self.requested.set()
        try:
            for chunk in self._chunks[config.model]:
                if isinstance(chunk, ProviderError):
                    raise chunk
                yield chunk
            if not self._chunks[config.model]:
                await asyncio.sleep(60)
        finally:
            self.closed = True


class Harness:
    """A summarizer with these models."""

    def __init__(self, client: FakeClient, *models: str) -> None:
        pool = cast("ProviderPool[LlmClient]", client)
        configs = [LlmConfig(model=model) for model in models]
        routes = [
            Route(c.model, "test", c.model, LlmRoute(c, pool, LatencyLimit(first_content_range(c))))
            for c in configs
        ]
        self.results: asyncio.Queue[SummaryResult] = asyncio.Queue()
        self.failures: list[StageFailed] = []
        self.usage: list[TokensUsed] = []
        self.breakers = CircuitBreakers()
        self.telemetry = make_telemetry()
        chain = FallbackChain(
            "brain", "CA1", "clinic", routes, self.breakers, self.telemetry, report=self._on_failure
        )
        self.summarizer = Summarizer(chain, self.results.put, report_usage=self.usage.append)

    async def _on_failure(self, failed: StageFailed) -> None:
        self.failures.append(failed)

    async def summarize(self) -> SummaryResult:
        """Request notes; return the result."""
        async with asyncio.TaskGroup() as tasks:
            self.summarizer.start(Earlier(summary="A call."), SPLIT, tasks)
            assert self.summarizer.running
            return await self.results.get()


async def test_the_model_writes_notes_without_tools() -> None:
    """They may be longer than an answer, and their tokens are counted as those of an answer."""
    client = FakeClient(first=NOTES)
    harness = Harness(client, "first")

    assert await harness.summarize() == WRITTEN
    [(config, messages, tools)] = client.requests
    assert config.max_tokens >= 800
    assert tools == []
    assert "I am Ann" in messages[1]["content"]
    assert "A call." in messages[1]["content"]
    labels = {"agent": "clinic", "provider": "test", "model": "first", "kind": "input"}
    assert harness.telemetry.registry.get_sample_value("parley_llm_tokens_total", labels) == 90
    assert [(used.reply_id, used.input, used.output) for used in harness.usage] == [("", 90, 7)]


@pytest.mark.parametrize(
    "failure",
    [
        [ProviderUnavailable("test", "broken")],
        [ProviderRejected("test", "too long")],
        [Done("stop")],
        [TextDelta("..."), Done("length")],
    ],
)
async def test_the_next_model_writes_them_if_one_fails(failure: list[LlmEvent | ProviderError]) -> None:
    """A refused request for notes does not close the route to answers."""
    harness = Harness(FakeClient(first=failure, second=NOTES), "first", "second")

    assert (await harness.summarize()).model == "second"
    assert [failed.retryable for failed in harness.failures] == [True]
    assert harness.breakers.get("first").allows(asyncio.get_running_loop().time())


async def test_a_failure_of_all_models_is_a_result() -> None:
    """The caller does not notice it."""
    broken: list[LlmEvent | ProviderError] = [ProviderUnavailable("test", "broken")]

    assert await Harness(FakeClient(first=broken), "first").summarize() == NOT_WRITTEN


async def test_a_model_that_hangs_is_given_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as a timeout."""
    monkeypatch.setattr(module, "_ATTEMPT_TIMEOUT_S", 0.02)
    harness = Harness(FakeClient(first=[]), "first")

    assert await harness.summarize() == NOT_WRITTEN
    assert {failed.code for failed in harness.failures} == {"timeout"}


async def test_a_stopped_request_has_no_result() -> None:
    """Only one request runs at a time."""
    client = FakeClient(first=[])
    harness = Harness(client, "first")
    async with asyncio.TaskGroup() as tasks:
        harness.summarizer.start(Earlier(), SPLIT, tasks)
        harness.summarizer.start(Earlier(), SPLIT, tasks)
        await client.requested.wait()
        harness.summarizer.stop()

    assert len(client.requests) == 1
    assert client.closed
    assert harness.results.empty()
    assert not harness.summarizer.running
    assert not harness.failures
