"""Finds agents: the current version, from the bucket or a file, and any version of a running call."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress

import structlog

from parley.agent_config import AgentConfig, parse_agent
from parley.agent_store.bucket import AgentBucket, Pointer, pointed_version
from parley.agent_store.files import AgentFiles, ParsedAgents
from parley.agent_store.version import LoadedAgent
from parley.bus import Bus
from parley.errors import BusError, ConfigError

log = structlog.get_logger()

_STORE_TIMEOUT_S = 1.0
"""How long a call's start waits until its version is stored."""
_REFRESH_INTERVAL_S = 60.0
"""A change that no message announced is noticed after this time."""
_RETRY_INTERVAL_S = 1.0
_SETTLING_DELAYS_S = (0.0, 0.05, 0.2, 1.0)
"""An announced entry can be read after one of these delays."""


class AgentStore:
    """The agents of a system. Without a bucket, the files alone.

    A new call gets the current version, which needs no I/O on the bus. A running call keeps the
    version that its call.started names.
    """

    folder: str
    """The folder of the agent files of this machine."""

    def __init__(self, folder: str, bucket: AgentBucket | None = None) -> None:
        self.folder = folder
        self._bucket = bucket
        self._parsed = ParsedAgents()
        self._files = AgentFiles(folder, self._parsed)
        self._current: dict[str, LoadedAgent] = {}
        """Agents that have a usable current version in the bucket."""
        self._refused: set[tuple[str, str]] = set()
        """Versions in the bucket that this process cannot use."""
        self._stored: set[tuple[str, str]] = set()
        """Versions of files that the bucket has."""
        self._refreshing = asyncio.Lock()

    def current(self, name: str) -> LoadedAgent:
        """Return the version for new calls: that of the bucket, or else the file's.

        Raises:
            ConfigError: there is no such agent, or its file is wrong.
        """
        return self._current.get(name) or self._files.load(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all agents, whether in the bucket or in files."""
        return tuple(sorted({*self._current, *self._files.names()}))

    def of_number(self, number: str) -> LoadedAgent | None:
        """Return the agent whose `numbers` name a phone number; None without one.

        It is the first by name of several, because a call has to be answered; see `number_conflicts`.
        """
        found = [agent for agent in self._usable() if number in _numbers(agent)]
        if len(found) > 1:
            names = [agent.name for agent in found]
            log.error("agent_numbers_conflict", agents=names, used=names[0], remedy="name the number in one")
        return found[0] if found else None

    def _usable(self) -> Iterator[LoadedAgent]:
        for name in self.names():
            # A wrong file is reported when it is used, and by the check.
            with suppress(ConfigError):
                yield self.current(name)

    async def load(self, name: str, version: str = "") -> AgentConfig:
        """Return a version of an agent; without one, the current version.

        A version that is not found within 2 s is replaced by the current one, so that the call continues.

        Raises:
            ConfigError: there is no such agent, or it is wrong.
        """
        return (await self.find(name, version)).config

    async def find(self, name: str, version: str = "") -> LoadedAgent:
        """Return what `load` returns, with the version that was found.

        Raises:
            ConfigError: see `load`.
        """
        if not version:
            return self.current(name)
        current = self._current.get(name)
        if current is not None and current.version == version:
            return current
        if (parsed := self._parsed.get(name, version)) is not None:
            return parsed
        with suppress(ConfigError):
            if self._files.version(name) == version:
                return self._files.load(name)
        return await self._find_in_bucket(name, version) or self._replacement(name, version)

    async def _find_in_bucket(self, name: str, version: str) -> LoadedAgent | None:
        if self._bucket is None:
            return None
        try:
            text = await self._bucket.text(name, version)
        except BusError as error:
            log.warning("agent_version_not_read", agent=name, version=version, error=str(error))
            return None
        return self._parsed.parse(name, text, f"{name} (version {version})") if text is not None else None

    def _replacement(self, name: str, version: str) -> LoadedAgent:
        current = self.current(name)
        log.error("agent_version_missing", agent=name, version=version, used_instead=current.version)
        return current

    async def keep(self, agent: LoadedAgent) -> None:
        """Store a call's version, so that every machine has it even if the file is edited during the call.

        Never fails, and waits for at most 1 s. Only the first call of a version stores it.
        """
        key = (agent.name, agent.version)
        current = self._current.get(agent.name)
        if self._bucket is None or key in self._stored:
            return
        if current is not None and current.version == agent.version:
            return
        try:
            # An attempt may outlast the time limit of all attempts.
            async with asyncio.timeout(_STORE_TIMEOUT_S):
                await self._bucket.add(agent.name, agent.text, timeout_s=_STORE_TIMEOUT_S)
        except (BusError, TimeoutError) as error:
            log.error(
                "agent_version_not_stored",
                agent=agent.name,
                version=agent.version,
                error=str(error) or "timeout",
                effect="a takeover on another machine uses the version that is current then",
            )
        else:
            self._stored.add(key)

    async def keep_files(self) -> None:
        """Store the current versions of all files, so that no call has to."""
        for name in self._files.names():
            # A wrong file is reported when it is used.
            with suppress(ConfigError):
                await self.keep(self._files.load(name))

    async def refresh(self) -> dict[str, Pointer]:
        """Read which versions are current, and load them; return the pointers.

        Raises:
            BusError: the bucket cannot be read.
        """
        if self._bucket is None:
            return {}
        async with self._refreshing:
            pointers = await self._bucket.current()
            for name in self._current.keys() - pointers.keys():
                del self._current[name]
            for pointer in pointers.values():
                await self._adopt(self._bucket, pointer)
            return pointers

    async def _adopt(self, bucket: AgentBucket, pointer: Pointer) -> None:
        """Use a current version for new calls; if it is unusable, the previous one stays."""
        name, version = pointer.name, pointer.version
        current = self._current.get(name)
        if not version:
            self._current.pop(name, None)
            return
        if (current is not None and current.version == version) or (name, version) in self._refused:
            return
        text = await bucket.text(name, version)
        if text is None:
            log.error("agent_version_missing", agent=name, version=version)
            return
        try:
            config = await asyncio.to_thread(parse_agent, text, name, f"{name} (version {version})")
        except ConfigError as error:
            self._refused.add((name, version))
            log.error("agent_version_refused", agent=name, version=version, error=str(error))
            return
        self._current[name] = self._parsed.add(LoadedAgent(name, version, config, text))
        log.info("agent_version_current", agent=name, version=version)

    async def watch(self) -> None:
        """Long-lived: follow changes of the bucket."""
        if self._bucket is None:
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh_regularly(), name="refresh agents")
            while True:
                try:
                    await self._follow(self._bucket)
                except BusError as error:
                    log.warning("agents_not_followed", error=str(error))
                await asyncio.sleep(_RETRY_INTERVAL_S)

    async def _follow(self, bucket: AgentBucket) -> None:
        async with bucket.changes() as changes:
            await self.refresh()
            async for message in changes.messages_or_wakeups():
                # None: messages may have been missed.
                await self._refresh_until(pointed_version(message.data) if message is not None else None)

    async def _refresh_until(self, version: str | None) -> None:
        """Refresh until an announced version is current somewhere, because the message may precede it."""
        for delay_s in _SETTLING_DELAYS_S:
            await asyncio.sleep(delay_s)
            pointers = await self.refresh()
            if version is None or any(pointer.version == version for pointer in pointers.values()):
                return

    async def _refresh_regularly(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_INTERVAL_S)
            try:
                await self.refresh()
            except BusError as error:
                log.warning("agents_not_refreshed", error=str(error))


def _numbers(agent: LoadedAgent) -> tuple[str, ...]:
    return tuple(entry.number for entry in agent.config.numbers)


def number_conflicts(agents: Iterable[LoadedAgent]) -> dict[str, tuple[str, ...]]:
    """Return the phone numbers that several agents name, with the names of these agents."""
    names: dict[str, list[str]] = {}
    for agent in agents:
        for number in _numbers(agent):
            names.setdefault(number, []).append(agent.name)
    return {number: tuple(found) for number, found in names.items() if len(found) > 1}


@asynccontextmanager
async def open_agent_store(bus: Bus, folder: str) -> AsyncIterator[AgentStore]:
    """While entered, a store that follows changes of the bucket."""
    store = AgentStore(folder, AgentBucket(bus))
    try:
        await store.refresh()
    except BusError as error:
        log.warning("agents_not_refreshed", error=str(error), effect="agent files serve until it succeeds")
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(store.watch(), name="watch agents")
        try:
            yield store
        finally:
            watching.cancel()
