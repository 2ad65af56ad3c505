"""Callers who call again and again while faults are injected."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.turns.scripts import QUESTIONS
from cli.system import System
from sandbox.caller.client import SandboxError, Telephone, open_telephone
from sandbox.caller.script import ExpectHangUp, HangUp, Listen, Pause, Say, Script, Step

_SILENCE_MS = 300.0
_PAUSE_S = 0.5
_MAX_CALL_S = 120.0


_QUESTIONS_PER_CALL = 5


def script(chance: random.Random, questions: Sequence[str]) -> Script:
    """A caller who asks some of the questions and then ends the call."""
    steps: list[Step] = []
    for _ in range(_QUESTIONS_PER_CALL):
        steps += [Listen(silence_ms=_SILENCE_MS, timeout_s=12), Say(chance.choice(questions))]
    last = (Listen(silence_ms=_SILENCE_MS), Say("thank you goodbye"), ExpectHangUp(timeout_s=8))
    return Script("rms", (*steps, *last))


@dataclass(slots=True)
class Load:
    """Simultaneous callers, whose number can be changed."""

    _telephone: Telephone
    _edge_url: str
    agent: str
    """The agent of the next calls."""
    _chance: random.Random
    _tasks: asyncio.TaskGroup
    _callers: list[asyncio.Task[None]] = field(default_factory=list)
    questions: Sequence[str] = QUESTIONS
    """The questions that callers choose from in their next calls."""

    @property
    def _voice_url(self) -> str:
        return f"{self._edge_url}/voice?agent={self.agent}"

    @asynccontextmanager
    async def repeating(self, agent: str, question: str) -> AsyncIterator[None]:
        """While entered, new calls have this agent, and their callers repeat one question."""
        usual, self.agent, self.questions = self.agent, agent, (question,)
        try:
            yield
        finally:
            self.agent, self.questions = usual, QUESTIONS

    async def short_call(self, length_s: float, faults: Mapping[str, Any]) -> None:
        """Start a call of a silent caller, on a line with these faults."""
        silent = Script("rms", (Pause(length_s * 1000), HangUp()))
        await self._telephone.call(silent, voice_url=self._voice_url, faults=faults)

    def resize(self, callers: int) -> None:
        """Change the number of callers; those that go end their call first."""
        while len(self._callers) < callers:
            self._callers.append(self._tasks.create_task(self._call_repeatedly(len(self._callers))))
        for task in self._callers[callers:]:
            task.cancel()
        del self._callers[callers:]

    @asynccontextmanager
    async def long_calls(self, count: int, length_s: float) -> AsyncIterator[None]:
        """Further calls in which the caller says nothing."""
        silent = Script("rms", (Pause(length_s * 1000), HangUp()))
        for _ in range(count):
            await self._telephone.call(silent, voice_url=self._voice_url)
        yield

    async def _call_repeatedly(self, number: int) -> None:
        # Staggered: otherwise all callers would speak and pause at the same moments.
        await asyncio.sleep(number * 0.4)
        while True:
            try:
                async with asyncio.timeout(_MAX_CALL_S):
                    call_sid = await self._telephone.call(
                        script(self._chance, self.questions), voice_url=self._voice_url
                    )
                    async for _ in self._telephone.events(call_sid):
                        pass
            except (SandboxError, TimeoutError):
                # The fault that is injected may prevent the call.
                pass
            await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def running_load(system: System, agent: str, callers: int, seed: int) -> AsyncIterator[Load]:
    """Callers of a system; they stop on exit."""
    async with (
        open_telephone(system.topology.sandbox_urls["twilio"]) as telephone,
        asyncio.TaskGroup() as tasks,
    ):
        load = Load(telephone, system.edge_url, agent, random.Random(seed), tasks)
        load.resize(callers)
        try:
            yield load
        finally:
            load.resize(0)
