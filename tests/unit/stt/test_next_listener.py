"""Changes of agents and languages that follow each other quickly."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from parley.agent_config import AgentConfig, SttConfig
from parley.errors import ConfigError
from parley.events.facts import CallFacts
from parley.runtime.call_agents import CallAgents
from services.stt.next_listener import Listener, NextListener
from tests.unit.stt.doubles import FakeProvider, make_chain


class Call:
    """A call whose language the test sets; each language has an stt section of its own."""

    def __init__(self) -> None:
        self.language = "en"
        self.slow: dict[str, asyncio.Event] = {}
        """Languages whose providers open only when their event is set."""
        self.opened: list[str] = []
        agents = cast("CallAgents", self)
        self.next = NextListener(agents, self._facts, SttConfig(language="en"), self._open)

    def _facts(self) -> CallFacts:
        return CallFacts(language=self.language)

    async def find(self, _name: str, _version: str, language: str) -> Any:
        """Return the agent in a language; French is refused."""
        if language == "fr":
            raise ConfigError("no French")
        return SimpleNamespace(config=SimpleNamespace(stt=SttConfig(language=language)))

    async def _open(self, agent: AgentConfig) -> Listener:
        language = agent.stt.language
        if (event := self.slow.get(language)) is not None:
            await event.wait()
        self.opened.append(language)
        return Listener(agent.stt, make_chain(FakeProvider(), "nova-3"), provider_detects_turns=False)

    def begin(self, language: str) -> "asyncio.Task[None]":
        """Change the language, and begin to open its providers."""
        self.language = language
        return asyncio.create_task(self.next.prepare())

    async def changed(self) -> str:
        """The language whose providers are used from now on; empty without a change."""
        listener = await self.next.change(_when(possible=True))
        return listener.section.language if listener is not None else ""


def _when(*, possible: bool) -> Callable[[Listener], Any]:
    async def change_turns(_listener: Listener) -> bool:
        return possible

    return change_turns


async def test_a_change_waits_for_the_end_of_the_turn() -> None:
    """It is made once."""
    call = Call()
    await call.begin("de")
    assert await call.next.change(_when(possible=False)) is None
    assert await call.changed() == "de"
    assert await call.changed() == ""


async def test_a_change_back_within_a_turn_changes_nothing() -> None:
    """The providers of the language in between must not be used."""
    call = Call()
    await call.begin("de")
    await call.begin("en")
    assert await call.changed() == ""


async def test_the_last_of_several_changes_counts_however_long_they_take() -> None:
    """Providers that open slowly do not replace those of a later change."""
    call = Call()
    call.slow["de"] = asyncio.Event()
    first = call.begin("de")
    await asyncio.sleep(0)
    second = call.begin("es")
    await asyncio.sleep(0)
    assert await call.changed() == ""
    call.slow["de"].set()
    await asyncio.gather(first, second)
    assert await call.changed() == "es"


async def test_the_present_providers_remain_if_the_next_ones_cannot_be_used() -> None:
    """The call continues."""
    call = Call()
    await call.begin("fr")
    assert await call.changed() == ""
    assert call.opened == []
