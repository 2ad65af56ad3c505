"""The sound that one connection says: at once, and again to whoever has missed it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from parley import streams, subjects
from parley.bus.kept_up import kept_up
from parley.bus.messages import Subscription
from parley.bus.said_lately import KEPT_S, LATELY_S, SaidLately
from parley.errors import BusError

log = structlog.get_logger()

_ASKED_TOGETHER_S = 0.1
_LEADS_AFTER_S = 0.3


class Connection(Protocol):
    """What is needed of a `Bus`."""

    @property
    def connected(self) -> bool:
        """Whether the bus is reachable now."""

    @property
    def reconnections(self) -> int:
        """How often the connection was lost and came back."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Say it and go on."""

    def subscribe(self, subject: str) -> AbstractAsyncContextManager[Subscription]:
        """Live messages."""


class Spoken:
    """One connection's sound."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lately = SaidLately(connection.publish)
        self._said_until = 0
        """Reconnections after which all that was said lately was said again."""
        self._wanted: set[str] = set()
        """Subjects that will be said again in a moment; empty for all."""

    @property
    def settled(self) -> bool:
        """Whether all that was said before the last reconnection was said again."""
        return self._said_until == self._connection.reconnections

    async def say(self, subject: str, data: bytes) -> None:
        """See `Bus.publish_sound`."""
        settled = self._connection.connected and self.settled
        self._lately.keep(subject, data, forget=settled)
        if not self._connection.connected or self._lately.speaking:
            return
        if settled:
            await self._connection.publish(subject, data)
        else:
            await self._say_again()

    async def came_back(self) -> None:
        """A server that died may not have passed on what it had got."""
        if not (self.settled or self._lately.speaking):
            await self._say_again()

    async def _say_again(self) -> None:
        count = self._connection.reconnections
        try:
            await self._lately.again()
        except BusError as error:
            log.warning("sound waits to be said again", error=str(error))
        else:
            self._said_until = count

    async def answer(self) -> None:
        """Long-lived: say again what others have missed, be they readers or a stream that had no leader."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._answer_readers, self._answer_new_leaders):
                tasks.create_task(kept_up(work, "saying sound again"), name=work.__name__)

    async def _answer_readers(self) -> None:
        async with self._connection.subscribe(subjects.SOUND_AGAIN) as asked, asyncio.TaskGroup() as tasks:
            async for message in asked:
                subject = message.data.decode(errors="replace")
                if subject not in self._wanted:
                    self._wanted.add(subject)
                    tasks.create_task(self._repeat(subject), name="say sound again")

    async def _repeat(self, subject: str) -> None:
        """Once for all who ask at the same time: each reader of a call meets the same hole."""
        await asyncio.sleep(_ASKED_TOGETHER_S)
        self._wanted.discard(subject)
        try:
            await self._lately.repeat(KEPT_S if subject else LATELY_S, subject)
        except BusError as error:
            log.warning("sound is not said again", subject=subject, error=str(error))

    async def _answer_new_leaders(self) -> None:
        async with self._connection.subscribe(subjects.new_leader(streams.AUDIO.name)) as elected:
            async for _ in elected:
                # It is told of before the leader takes anything.
                await asyncio.sleep(_LEADS_AFTER_S)
                await self._lately.repeat(KEPT_S)
