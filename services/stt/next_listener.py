"""The providers to which a call changes when another agent, or another language, has begun to serve it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from parley.agent_config import AgentConfig, SttConfig
from parley.errors import ConfigError
from parley.events.facts import CallFacts
from parley.providers.fallback_chain import FallbackChain
from parley.runtime.call_agents import CallAgents
from services.stt.stt_route import SttRoute

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listener:
    """The providers that transcribe for one agent."""

    section: SttConfig
    chain: FallbackChain[SttRoute]
    provider_detects_turns: bool


OpenListener: TypeAlias = Callable[[AgentConfig], Awaitable[Listener]]
"""Opens the providers of an agent; raises ConfigError if none can be used."""


class NextListener:
    """Prepares one change at a time; a later change replaces one that has not been made yet."""

    def __init__(
        self,
        agents: CallAgents,
        facts: Callable[[], CallFacts],
        section: SttConfig,
        open_listener: OpenListener | None,
    ) -> None:
        """Create it; `section` is the one in use, and `facts` returns those of the whole log so far."""
        self._agents = agents
        self._facts = facts
        self._section = section
        self._open = open_listener
        self._next: Listener | None = None
        self._busy = asyncio.Lock()

    async def prepare(self) -> None:
        """Open the providers of the agent that serves the call in its language, unless they are in use."""
        async with self._busy:
            # Read here, and not when the change was made: a later one may have followed it.
            facts = self._facts()
            try:
                found = await self._agents.find(facts.agent, facts.agent_version, facts.language)
                is_new = self._open is not None and found.config.stt != self._section
                self._next = await self._open(found.config) if is_new and self._open is not None else None
            except ConfigError as error:
                # The providers of the agent before it transcribe as well, if less suitably.
                log.error("agent_stt_not_used", agent=facts.agent, error=str(error))

    async def change(self, change_turns: Callable[[Listener], Awaitable[bool]]) -> Listener | None:
        """Return the providers to use from now on; None to use the same ones.

        `change_turns` changes how turns are recognized; false if that is not possible yet.
        """
        if self._next is None or self._busy.locked():
            return None
        async with self._busy:
            if (listener := self._next) is None or not await change_turns(listener):
                return None
            self._section, self._next = listener.section, None
            return listener
