"""The model asked, asked again, and the second one asked."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, Histogram

from parley.agent_config import AgentConfig, LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, Message, TextDelta
from parley.runtime.stage import CallContext
from services.brain.generation.generator import GenerationEvent, Generator
from services.brain.generation.reply_builder import ReplyBuilder


class Model:
    """Does as it was told for each model's name."""

    def __init__(self, **answers: Sequence[LlmEvent | ProviderError]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def warm_up(self) -> None:
        """Nothing to warm."""

    async def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],  # noqa: ARG002 - it does not listen
        tools: Sequence[Mapping[str, Any]],  # noqa: ARG002 - as above
        *,
        call_sid: str,  # noqa: ARG002 - as above
    ) -> AsyncGenerator[LlmEvent]:
        """One after another."""
        self.asked.append(config.model)
        for item in self._answers[config.model]:
            if isinstance(item, ProviderError):
                raise item
            yield item


async def ponder(model: Model, second: str = "") -> list[LlmEvent | str]:
    """What came of a draft until nobody was left to ask."""
    agent = AgentConfig(
        prompt="x", llm=LlmConfig(model="first", fallbacks=({"model": second},) if second else ())
    )
    seconds = Histogram("seconds", "x", ["provider", "what"], registry=CollectorRegistry())
    call = SimpleNamespace(
        agent=agent,
        call_sid="CA1",
        telemetry=SimpleNamespace(provider_seconds=seconds),
        log=SimpleNamespace(now_ms=lambda: 0),
    )
    inbox: asyncio.Queue[GenerationEvent] = asyncio.Queue()
    working = Generator(cast("CallContext", call), model, [], CircuitBreakers(), inbox.put)
    draft = ReplyBuilder("r1", 1)
    came: list[LlmEvent | str] = []
    async with asyncio.TaskGroup() as tasks:
        working.start(draft, [], tasks)
        while not (came and isinstance(came[-1], Done)):
            item = await inbox.get()
            if isinstance(item.event, ProviderError):
                came.append(item.event.code)
                if not working.failed(item.event, tasks):
                    break
            else:
                came.append(item.event)
                draft.on_chunk(item.event)
        working.stop()
    return came


BROKEN = ProviderUnavailable("test", "broken")
REFUSED = ProviderRejected("test", "refused")
WELL: list[LlmEvent | ProviderError] = [TextDelta("Yes. "), Done("stop")]


async def test_the_second_model_is_asked_when_the_first_fails() -> None:
    """Also when it was refused, which would only be refused again."""
    for failure in (BROKEN, REFUSED):
        model = Model(first=[failure], second=WELL)

        assert await ponder(model, second="second") == [failure.code, *WELL]
        assert model.asked == ["first", "second"]


@pytest.mark.parametrize(("failure", "times"), [(BROKEN, 2), (REFUSED, 1)])
async def test_a_lone_model_is_asked_again_if_that_may_help(failure: ProviderError, times: int) -> None:
    """Once."""
    model = Model(first=[failure])

    assert await ponder(model) == [failure.code] * times
    assert model.asked == ["first"] * times


async def test_nobody_is_asked_for_ever() -> None:
    """Four times in a turn, with two models."""
    model = Model(first=[BROKEN], second=[BROKEN])

    await ponder(model, second="second")
    assert model.asked == ["first", "second", "first", "second"]
