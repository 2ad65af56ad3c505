"""Tests for the generation of answers with retries and fallbacks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError, ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.llm import Done, LlmClient, LlmEvent, Message, TextDelta
from parley.providers.pool import ProviderPool
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished
from parley.v1.work_pb2 import StageFailed
from services.brain.generation.generator import GenerationEvent, Generator
from services.brain.generation.llm_route import LlmRoute
from services.brain.generation.reply_builder import APOLOGY, ReplyBuilder
from tests.event_factories import bodies_of
from tests.unit.parley.providers.doubles import make_telemetry

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


class Harness:
    """A generator with the given models, and everything that it emits."""

    def __init__(self, client: LlmClient | None, *models: str) -> None:
        self.emitted: list[Body] = []
        self._finished = asyncio.Event()
        pool = cast("ProviderPool[LlmClient]", FakePool(client))
        routes = [Route(model, "test", LlmRoute(LlmConfig(model=model), pool)) for model in models]
        chain = FallbackChain(
            "brain", "CA1", routes, CircuitBreakers(), make_telemetry(), report=self._on_failure
        )
        self.generator = Generator(chain, [], lambda: 0, self._on_event)

    async def _on_failure(self, failed: StageFailed) -> None:
        self.emitted.append(failed)

    async def _on_event(self, event: GenerationEvent) -> None:
        self.emitted += event.bodies
        if bodies_of(event.bodies, ReplyFinished):
            self._finished.set()

    async def answer(self, reply_id: str = "r1", turn: int = 1) -> str:
        """Generate an answer; return the reason of its end."""
        self._finished.clear()
        async with asyncio.TaskGroup() as tasks:
            self.generator.start(ReplyBuilder(reply_id, turn), [], tasks)
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


@pytest.mark.parametrize(("error", "attempts"), [(BROKEN, 2), (REJECTED, 1)])
async def test_a_single_model_is_retried_once_unless_it_rejects(error: ProviderError, attempts: int) -> None:
    """Without any text the reply is an apology."""
    client = FakeClient(first=[error])
    harness = Harness(client, "first")

    assert await harness.answer() == "error"
    assert client.requested == ["first"] * attempts
    assert harness.texts == [APOLOGY]


async def test_attempts_are_limited() -> None:
    """Two models are requested alternately, four times in total."""
    client = FakeClient(first=[BROKEN], second=[BROKEN])
    harness = Harness(client, "first", "second")

    assert await harness.answer() == "error"
    assert client.requested == ["first", "second", "first", "second"]


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
    route = LlmRoute(config, cast("ProviderPool[LlmClient]", HangingPool(None)))
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
        harness.generator.start(ReplyBuilder("r1", 1), [], tasks)
        await started.wait()
        yield harness.generator, harness.emitted


async def test_a_stopped_generation_emits_nothing() -> None:
    """A cancelled request is not a failure of its provider."""
    async with hanging_generation() as (generator, emitted):
        assert generator.reply_id == "r1"
        generator.stop()

    assert generator.reply_id is None
    assert emitted == []
