"""The NATS bucket `AGENTS`: immutable versions of agent files, and which of them is current."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from parley.agent_store.version import agent_name, bucket_key, version_of
from parley.bus import Bus, Message, Subscription, streams, subjects
from parley.errors import BusError, ConfigError, WriteConflict

_READ_TIMEOUT_S = 2.0
_REPLICA_LAG_S = 0.2
"""A replica may receive a version this much later than the one that confirmed it."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """An entry that makes one version of an agent the current one."""

    name: str
    version: str
    """Empty if the agent was removed from the bucket: its file serves then."""
    set_at: str
    """When it was set, in ISO 8601."""
    sequence: int
    """Sequence of the entry in the bucket's stream."""


class AgentBucket:
    """Reads and writes the bucket."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def current(self) -> dict[str, Pointer]:
        """Return the current pointer of each agent in the bucket.

        Raises:
            BusError: the bucket cannot be read.
        """
        return {pointer.name: pointer for pointer in await self._pointers(subjects.ALL_CURRENT_AGENTS)}

    async def history(self, name: str) -> list[Pointer]:
        """Return an agent's last 64 pointers, the oldest first.

        Raises:
            BusError: the bucket cannot be read.
        """
        return await self._pointers(subjects.current_agent(bucket_key(name)))

    async def _pointers(self, subject: str) -> list[Pointer]:
        messages = await self._bus.streams.read(streams.AGENTS, subject, timeout_s=_READ_TIMEOUT_S)
        return [pointer for message in messages if (pointer := _pointer(message)) is not None]

    async def text(self, name: str, version: str) -> str | None:
        """Return the text of a version; None if the bucket does not have it.

        Raises:
            BusError: the bucket cannot be read within 2 s.
        """
        subject = subjects.agent_version(bucket_key(name), version)
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                message = await self._bus.streams.last_message(streams.AGENTS, subject)
                if message is None:
                    await asyncio.sleep(_REPLICA_LAG_S)
                    message = await self._bus.streams.last_message(streams.AGENTS, subject)
        except TimeoutError:
            raise BusError(f"agents were not read within {_READ_TIMEOUT_S:g} s") from None
        text = message.data.decode("utf-8", "replace") if message is not None else ""
        return text if text and version_of(text) == version else None

    async def add(self, name: str, text: str, *, timeout_s: float) -> str:
        """Store a version unless the bucket has it; return it.

        Raises:
            BusError: it could not be stored in time.
        """
        version = version_of(text)
        subject = subjects.agent_version(bucket_key(name), version)
        with suppress(WriteConflict):
            await self._bus.publish_durable(
                subject, text.encode(), message_id=subject, expect_last=0, timeout_s=timeout_s
            )
        return version

    async def set_current(self, name: str, version: str, *, previous: Pointer | None) -> None:
        """Make a stored version current for new calls on all machines; an empty one removes the agent.

        Args:
            name: the agent.
            version: a version in the bucket, or empty.
            previous: the agent's current pointer; None if it has none.

        Raises:
            ConfigError: another pointer was set since `previous` was read.
            BusError: it could not be stored.
        """
        entry = {"version": version, "set_at": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            await self._bus.publish_durable(
                subjects.current_agent(bucket_key(name)),
                json.dumps(entry).encode(),
                expect_last=previous.sequence if previous is not None else 0,
            )
        except WriteConflict:
            raise ConfigError(f"{name}: changed by another command at the same time; try again") from None

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[Subscription]:
        """While entered, the entries that are being written; one may not be readable yet.

        Raises:
            BusError: the bus does not reply.
        """
        async with self._bus.subscribe(subjects.ALL_CURRENT_AGENTS) as live:
            yield live


def pointed_version(data: bytes) -> str | None:
    """Return the version that an entry makes current; None if it is not an entry of Parley's."""
    try:
        version = json.loads(data)["version"]
    except (ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, str) else None


def _pointer(message: Message) -> Pointer | None:
    version = pointed_version(message.data)
    if version is None:
        return None
    name = agent_name(message.subject.split(".")[2])
    return Pointer(name, version, str(json.loads(message.data).get("set_at", "")), message.sequence)
