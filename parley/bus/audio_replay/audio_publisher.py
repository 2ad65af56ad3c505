"""The sound that one connection says: at once, and again to whoever has missed it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from parley.bus import streams, subjects
from parley.bus.audio_replay.replay_buffer import RECONNECT_WINDOW_S, RETENTION_S, ReplayBuffer
from parley.bus.subscription import Subscription
from parley.bus.supervise import supervise
from parley.errors import BusError

log = structlog.get_logger()

_BATCH_REQUESTS_S = 0.1
_LEADER_READY_S = 0.3


class BusConnection(Protocol):
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


class AudioPublisher:
    """One connection's sound."""

    def __init__(self, connection: BusConnection) -> None:
        self._connection = connection
        self._buffer = ReplayBuffer(connection.publish)
        self._synced_reconnections = 0
        """Reconnections after which all that was said lately was said again."""
        self._requested: set[str] = set()
        """Subjects that will be said again in a moment; empty for all."""

    @property
    def in_sync(self) -> bool:
        """Whether all that was said before the last reconnection was said again."""
        return self._synced_reconnections == self._connection.reconnections

    async def publish(self, subject: str, data: bytes) -> None:
        """See `Bus.publish_audio`."""
        settled = self._connection.connected and self.in_sync
        self._buffer.record(subject, data, expire=settled)
        if not self._connection.connected or self._buffer.resending:
            return
        if settled:
            await self._connection.publish(subject, data)
        else:
            await self._resend()

    async def request_retransmit(self, subject: str = "") -> None:
        """Ask every publisher to retransmit recent audio: of one subject, or of all."""
        try:
            await self._connection.publish(subjects.AUDIO_RETRANSMIT, subject.encode())
        except BusError as error:
            log.warning("audio_retransmit_not_requested", subject=subject, error=str(error))

    async def on_reconnected(self) -> None:
        """A server that died may not have passed on what it had got."""
        if not (self.in_sync or self._buffer.resending):
            await self._resend()

    async def _resend(self) -> None:
        count = self._connection.reconnections
        try:
            await self._buffer.resend_since_disconnect()
        except BusError as error:
            log.warning("sound waits to be said again", error=str(error))
        else:
            self._synced_reconnections = count

    async def serve_retransmits(self) -> None:
        """Long-lived: say again what others have missed, be they readers or a stream that had no leader."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._serve_readers, self._serve_new_leaders):
                tasks.create_task(supervise(work, "saying sound again"), name=work.__name__)

    async def _serve_readers(self) -> None:
        async with (
            self._connection.subscribe(subjects.AUDIO_RETRANSMIT) as asked,
            asyncio.TaskGroup() as tasks,
        ):
            async for message in asked:
                subject = message.data.decode(errors="replace")
                if subject not in self._requested:
                    self._requested.add(subject)
                    tasks.create_task(self._retransmit(subject), name="say sound again")

    async def _retransmit(self, subject: str) -> None:
        """Once for all who ask at the same time: each reader of a call meets the same hole."""
        await asyncio.sleep(_BATCH_REQUESTS_S)
        self._requested.discard(subject)
        try:
            await self._buffer.retransmit(RETENTION_S if subject else RECONNECT_WINDOW_S, subject)
        except BusError as error:
            log.warning("sound is not said again", subject=subject, error=str(error))

    async def _serve_new_leaders(self) -> None:
        async with self._connection.subscribe(subjects.leader_elected(streams.AUDIO.name)) as elected:
            async for _ in elected:
                # It is told of before the leader takes anything.
                await asyncio.sleep(_LEADER_READY_S)
                await self._buffer.retransmit(RETENTION_S)
