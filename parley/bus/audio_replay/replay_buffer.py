"""What was said lately: said again after a reconnection.

A server that dies takes with it what it had not passed on.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

RETENTION_S = 12.0
"""Longer than a stream whose leader died takes none."""
RECONNECT_WINDOW_S = 4.0
"""Longer than it takes to see that a server does not answer any more."""
_YIELD_EVERY = 100
_MAX_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    at_s: float
    subject: str
    data: bytes


class ReplayBuffer:
    """One connection's. Readers drop what they meet twice, and bring into order what comes late."""

    def __init__(self, say: Callable[[str, bytes], Awaitable[None]]) -> None:
        self._publish = say
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._count = 0
        self._resend_lock = asyncio.Lock()
        self._loss_logged = False
        self._in_sync_at_s = time.monotonic()
        """When all that was said had been taken, as far as is known."""

    @property
    def resending(self) -> bool:
        """What is kept now will be said by itself, after what came before it."""
        return self._resend_lock.locked()

    def record(self, subject: str, data: bytes, *, expire: bool) -> None:
        """Remember it; `forget` what is too old: not while the bus is away or lacks some of it."""
        now_s = time.monotonic()
        self._count += 1
        if expire:
            self._in_sync_at_s = now_s
        self._entries.append(_Entry(self._count, now_s, subject, data))
        self._bytes += len(data)
        while self._entries and (
            self._bytes > _MAX_BYTES or (expire and self._entries[0].at_s < now_s - RETENTION_S)
        ):
            lost = not expire
            self._bytes -= len(self._entries.popleft().data)
            if lost and not self._loss_logged:
                self._loss_logged = True
                log.error("the bus is away too long, sound is lost")

    async def resend_since_disconnect(self) -> None:
        """Say again what was said shortly before the bus went away, and what is said meanwhile after it."""
        since_s = self._in_sync_at_s - RECONNECT_WINDOW_S
        async with self._resend_lock:
            until = 0
            while self._entries and self._entries[-1].number > until:
                for said in [one for one in self._entries if one.number > until and one.at_s >= since_s]:
                    until = said.number
                    await self._publish(said.subject, said.data)
        self._loss_logged = False

    async def retransmit(self, max_age_s: float, subject: str = "") -> None:
        """Say again what was said so lately, on one subject or on all; new sound goes its way beside it."""
        since_s = time.monotonic() - max_age_s
        wanted = [one for one in self._entries if one.at_s >= since_s and subject in ("", one.subject)]
        for number, said in enumerate(wanted, 1):
            await self._publish(said.subject, said.data)
            if number % _YIELD_EVERY == 0:
                # The client does not wait for anything while it has room.
                await asyncio.sleep(0)
