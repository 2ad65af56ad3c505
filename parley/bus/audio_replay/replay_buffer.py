"""Keeps recently published audio so that it can be published again after a failure."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from parley.failover_timing import REPLAY_RECONNECT_WINDOW_S, REPLAY_RETENTION_S

log = structlog.get_logger()

_YIELD_EVERY = 100
_MAX_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    recorded_at_s: float
    subject: str
    data: bytes


class ReplayBuffer:
    """Recently published audio of one connection. Readers drop duplicates and restore the order."""

    def __init__(self, publish: Callable[[str, bytes], Awaitable[None]]) -> None:
        self._publish = publish
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._count = 0
        self._resend_lock = asyncio.Lock()
        self._loss_logged = False
        self._in_sync_at_s = time.monotonic()
        """Time at which the bus was last known to have received everything published."""
        self._in_sync_number = 0
        """Number of the last chunk recorded by then."""

    @property
    def resending(self) -> bool:
        """Whether a resend is in progress; it also publishes, in order, chunks recorded before it ends."""
        return self._resend_lock.locked()

    def record(self, subject: str, data: bytes, *, expire: bool) -> None:
        """Keep a chunk; `expire` (false while the bus may lack some) drops those older than 12 s."""
        now_s = time.monotonic()
        self._count += 1
        if expire:
            self._in_sync_at_s, self._in_sync_number = now_s, self._count
        self._entries.append(_Entry(self._count, now_s, subject, data))
        self._bytes += len(data)
        oldest_s = now_s - REPLAY_RETENTION_S
        while self._entries and (
            self._bytes > _MAX_BYTES or (expire and self._entries[0].recorded_at_s < oldest_s)
        ):
            self._bytes -= len(self._entries.popleft().data)
            if not expire and not self._loss_logged:
                self._loss_logged = True
                log.error("replay_buffer_full_audio_lost", max_bytes=_MAX_BYTES)

    async def resend_since_disconnect(self) -> int:
        """Republish all chunks since 4 s before the connection was lost, and those recorded meanwhile.

        Return how many were published again.
        """
        repeated, in_sync_number = 0, self._in_sync_number
        since_s = self._in_sync_at_s - REPLAY_RECONNECT_WINDOW_S
        async with self._resend_lock:
            sent = 0
            while self._entries and self._entries[-1].number > sent:
                for entry in [e for e in self._entries if e.number > sent and e.recorded_at_s >= since_s]:
                    sent = entry.number
                    repeated += sent <= in_sync_number
                    await self._publish(entry.subject, entry.data)
        self._loss_logged = False
        return repeated

    async def retransmit(self, max_age_s: float, subject: str = "") -> int:
        """Republish audio of at most that age, of one subject or of all; new audio is not delayed.

        Return the number of chunks.
        """
        since_s = time.monotonic() - max_age_s
        entries = [e for e in self._entries if e.recorded_at_s >= since_s and subject in ("", e.subject)]
        for number, entry in enumerate(entries, 1):
            await self._publish(entry.subject, entry.data)
            if number % _YIELD_EVERY == 0:
                # nats-py's publish does not yield to the event loop while its buffer has room.
                await asyncio.sleep(0)
        return len(entries)
