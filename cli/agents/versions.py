"""Reads and writes the versions of agents in a running system."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parley.agent_config import parse_agent
from parley.agent_store import AgentBucket, LoadedAgent, Pointer, version_of
from parley.errors import ConfigError

_STORE_TIMEOUT_S = 8.0
_MIN_VERSION_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """The change that applying a file makes."""

    name: str
    before: str
    """The current version; empty without one."""
    after: str
    diff: str = ""
    """The difference of the two texts."""

    @property
    def kind(self) -> str:
        """`unchanged`, `new` or `changed`."""
        if self.before == self.after:
            return "unchanged"
        return "changed" if self.before else "new"


class Versions:
    """The versions of agents in the bucket of a system."""

    def __init__(self, bucket: AgentBucket) -> None:
        self._bucket = bucket

    async def current(self) -> dict[str, Pointer]:
        """Return the current version of each agent in the bucket.

        Raises:
            BusError: the bucket cannot be read.
        """
        return {name: pointer for name, pointer in (await self._bucket.current()).items() if pointer.version}

    async def plan(self, agents: Sequence[LoadedAgent]) -> list[Change]:
        """Return what applying agents changes.

        Raises:
            BusError: the bucket cannot be read.
        """
        current = await self.current()
        return [await self._change(agent, current.get(agent.name)) for agent in agents]

    async def _change(self, agent: LoadedAgent, pointer: Pointer | None) -> Change:
        before = pointer.version if pointer is not None else ""
        if before == agent.version:
            return Change(agent.name, before, agent.version)
        old = await self._bucket.text(agent.name, before) if before else None
        return Change(agent.name, before, agent.version, "\n".join(_diff(old or "", agent.text, agent.name)))

    async def apply(self, agents: Sequence[LoadedAgent]) -> list[Change]:
        """Make agents current for new calls on all machines; return what changed.

        Raises:
            BusError: a version could not be stored.
            ConfigError: another command changed an agent at the same time.
        """
        changes = await self.plan(agents)
        pointers = await self._bucket.current()
        for agent, change in zip(agents, changes, strict=True):
            if change.kind == "unchanged":
                continue
            await self._bucket.add(agent.name, agent.text, timeout_s=_STORE_TIMEOUT_S)
            await self._bucket.set_current(agent.name, agent.version, previous=pointers.get(agent.name))
        return changes

    async def history(self, name: str) -> list[Pointer]:
        """Return the versions that were current, the newest first.

        Raises:
            BusError: the bucket cannot be read.
            ConfigError: the agent was never applied.
        """
        if not (pointers := await self._bucket.history(name)):
            applied = ", ".join(await self.current()) or "none"
            raise ConfigError(f"{name}: never applied; applied agents: {applied}")
        return pointers[::-1]

    async def roll_back(self, name: str, version: str) -> str:
        """Make an earlier version current, given by its first digits; return it.

        Raises:
            BusError: the bucket cannot be used.
            ConfigError: there is no such version, or this program cannot use it.
        """
        earlier = dict.fromkeys(pointer.version for pointer in await self.history(name) if pointer.version)
        found = [each for each in earlier if len(version) >= _MIN_VERSION_DIGITS and each.startswith(version)]
        if len(found) != 1:
            raise ConfigError(f"{name}: no version {version!r}; there are: {', '.join(earlier)}")
        text = await self._bucket.text(name, found[0])
        if text is None:
            raise ConfigError(f"{name}: the text of version {found[0]} is missing")
        parse_agent(text, name, f"{name} (version {found[0]})")
        await self._bucket.set_current(
            name, version_of(text), previous=(await self._bucket.current()).get(name)
        )
        return found[0]

    async def remove(self, name: str) -> None:
        """Remove an agent's current version, so that its file serves new calls.

        Raises:
            BusError: the bucket cannot be used.
            ConfigError: the agent has no current version.
        """
        pointer = (await self.current()).get(name)
        if pointer is None:
            raise ConfigError(f"{name}: has no version in the bucket")
        await self._bucket.set_current(name, "", previous=pointer)


def _diff(old: str, new: str, name: str) -> Iterator[str]:
    return difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{name} (current)", f"{name} (file)", lineterm=""
    )
