"""Publishes audio without waiting for acks, and publishes it again when some of it may have been lost."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from parley.bus import streams, subjects
from parley.bus.audio_replay.replay_buffer import ReplayBuffer
from parley.bus.subscription import Subscription
from parley.bus.supervise import supervise
from parley.errors import BusError
from parley.failover_timing import LEADER_READY_S, REPLAY_RECONNECT_WINDOW_S, REPLAY_RETENTION_S

log = structlog.get_logger()

_BATCH_REQUESTS_S = 0.1
"""Readers of the same call detect a gap at the same time: their requests are served once."""


class BusConnection(Protocol):
    """The methods of `Bus` that publishing audio needs."""

    @property
    def connected(self) -> bool:
        """Whether the connection is up."""

    @property
    def reconnections(self) -> int:
        """Number of times the connection was lost and restored."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Publish without confirmation."""

    def subscribe(self, subject: str) -> AbstractAsyncContextManager[Subscription]:
        """Live messages of a subject."""


class AudioPublisher:
    """Publishes the audio of one connection, and retransmits it when needed; see the package's docstring."""

    def __init__(self, connection: BusConnection) -> None:
        self._connection = connection
        self._buffer = ReplayBuffer(connection.publish)
        self._synced_reconnections = 0
        """The value of `reconnections` at the last completed resend of recent audio."""
        self._requested: set[str] = set()
        """Subjects with a pending retransmission; the empty string stands for all."""
        self.retransmitted = {"reconnect": 0, "election": 0, "requested": 0}
        """Number of chunks that were published again, by cause."""

    @property
    def in_sync(self) -> bool:
        """Whether all recent audio from before the last reconnection has been resent."""
        return self._synced_reconnections == self._connection.reconnections

    async def publish(self, subject: str, data: bytes) -> None:
        """Publish a chunk, or keep it and send it in order once a lost connection is restored.

        Raises:
            BusError: the connection is closed.
        """
        in_sync = self._connection.connected and self.in_sync
        self._buffer.record(subject, data, expire=in_sync)
        if not self._connection.connected or self._buffer.resending:
            return
        if in_sync:
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
        """Resend recent audio: the previous server may have died before forwarding it."""
        if not (self.in_sync or self._buffer.resending):
            await self._resend()

    async def _resend(self) -> None:
        reconnections = self._connection.reconnections
        try:
            self.retransmitted["reconnect"] += await self._buffer.resend_since_disconnect()
        except BusError as error:
            log.warning("audio_resend_postponed", error=str(error))
        else:
            self._synced_reconnections = reconnections

    async def serve_retransmits(self) -> None:
        """Long-lived: retransmit for readers that request it, and for a stream that had no leader."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._serve_readers, self._serve_new_leaders):
                tasks.create_task(supervise(work, "audio retransmission"), name=work.__name__)

    async def _serve_readers(self) -> None:
        async with (
            self._connection.subscribe(subjects.AUDIO_RETRANSMIT) as requests,
            asyncio.TaskGroup() as tasks,
        ):
            async for message in requests:
                subject = message.data.decode(errors="replace")
                if subject not in self._requested:
                    self._requested.add(subject)
                    tasks.create_task(self._retransmit(subject), name="retransmit audio")

    async def _retransmit(self, subject: str) -> None:
        await asyncio.sleep(_BATCH_REQUESTS_S)
        self._requested.discard(subject)
        try:
            self.retransmitted["requested"] += await self._buffer.retransmit(
                REPLAY_RETENTION_S if subject else REPLAY_RECONNECT_WINDOW_S, subject
            )
        except BusError as error:
            log.warning("audio_not_retransmitted", subject=subject, error=str(error))

    async def _serve_new_leaders(self) -> None:
        async with self._connection.subscribe(subjects.leader_elected(streams.AUDIO.name)) as elections:
            async for _ in elections:
                # NATS publishes the election before the leader stores messages.
                await asyncio.sleep(LEADER_READY_S)
                self.retransmitted["election"] += await self._buffer.retransmit(REPLAY_RETENTION_S)
