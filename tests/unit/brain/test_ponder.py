"""The model asked, asked again, and the second one asked."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, Histogram

from parley.agent_config import AgentConfig, LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.runtime.stage import CallContext
from services.brain.draft import Draft
from services.brain.ponder import Ponder, Pondered
from services.brain.prompt import Message
from services.brain.providers import Finished, Thought, Token


class Model:
    """Does as it was told for each model's name."""

    def __init__(self, **answers: Sequence[Thought | ProviderError]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def warm(self) -> None:
        """Nothing to warm."""

    async def think(
        self,
        thinking: LlmConfig,
        told: Sequence[Message],  # noqa: ARG002 - it does not listen
        tools: Sequence[dict[str, Any]],  # noqa: ARG002 - as above
        *,
        call_sid: str,  # noqa: ARG002 - as above
    ) -> AsyncGenerator[Thought]:
        """One after another."""
        self.asked.append(thinking.model)
        for item in self._answers[thinking.model]:
            if isinstance(item, ProviderError):
                raise item
            yield item


async def ponder(model: Model, second: str = "") -> list[Thought | str]:
    """What came of a draft until nobody was left to ask."""
    agent = AgentConfig(prompt="x", llm=LlmConfig(model="first", fallback_models=(second,) if second else ()))
    seconds = Histogram("seconds", "x", ["provider", "what"], registry=CollectorRegistry())
    call = SimpleNamespace(
        agent=agent,
        call_sid="CA1",
        telemetry=SimpleNamespace(provider_seconds=seconds),
        log=SimpleNamespace(now_ms=lambda: 0),
    )
    inbox: asyncio.Queue[Pondered] = asyncio.Queue()
    working = Ponder(cast("CallContext", call), model, [], CircuitBreakers(), inbox.put)
    draft = Draft("r1", 1)
    came: list[Thought | str] = []
    async with asyncio.TaskGroup() as tasks:
        working.begin(draft, [], tasks)
        while not (came and isinstance(came[-1], Finished)):
            item = await inbox.get()
            if isinstance(item.thought, ProviderError):
                came.append(item.thought.code)
                if not working.failed(item.thought, tasks):
                    break
            else:
                came.append(item.thought)
                draft.take(item.thought)
        working.stop()
    return came


BROKEN = ProviderUnavailable("test", "broken")
REFUSED = ProviderRejected("test", "refused")
WELL: list[Thought | ProviderError] = [Token("Yes. "), Finished("stop")]


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
