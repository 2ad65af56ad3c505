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

KEPT_S = 12.0
"""Longer than a stream whose leader died takes none."""
LATELY_S = 4.0
"""Longer than it takes to see that a server does not answer any more."""
_AT_A_STRETCH = 100
_MOST_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class _Said:
    number: int
    at_s: float
    subject: str
    data: bytes


class SaidLately:
    """One connection's. Readers drop what they meet twice, and bring into order what comes late."""

    def __init__(self, say: Callable[[str, bytes], Awaitable[None]]) -> None:
        self._say = say
        self._kept: deque[_Said] = deque()
        self._bytes = 0
        self._count = 0
        self._in_order = asyncio.Lock()
        self._told = False
        self._settled_at_s = time.monotonic()
        """When all that was said had been taken, as far as is known."""

    @property
    def speaking(self) -> bool:
        """What is kept now will be said by itself, after what came before it."""
        return self._in_order.locked()

    def keep(self, subject: str, data: bytes, *, forget: bool) -> None:
        """Remember it; `forget` what is too old: not while the bus is away or lacks some of it."""
        now_s = time.monotonic()
        self._count += 1
        if forget:
            self._settled_at_s = now_s
        self._kept.append(_Said(self._count, now_s, subject, data))
        self._bytes += len(data)
        while self._kept and (self._bytes > _MOST_BYTES or (forget and self._kept[0].at_s < now_s - KEPT_S)):
            lost = not forget
            self._bytes -= len(self._kept.popleft().data)
            if lost and not self._told:
                self._told = True
                log.error("the bus is away too long, sound is lost")

    async def again(self) -> None:
        """Say again what was said shortly before the bus went away, and what is said meanwhile after it."""
        since_s = self._settled_at_s - LATELY_S
        async with self._in_order:
            until = 0
            while self._kept and self._kept[-1].number > until:
                for said in [one for one in self._kept if one.number > until and one.at_s >= since_s]:
                    until = said.number
                    await self._say(said.subject, said.data)
        self._told = False

    async def repeat(self, lately_s: float, subject: str = "") -> None:
        """Say again what was said so lately, on one subject or on all; new sound goes its way beside it."""
        since_s = time.monotonic() - lately_s
        wanted = [one for one in self._kept if one.at_s >= since_s and subject in ("", one.subject)]
        for number, said in enumerate(wanted, 1):
            await self._say(said.subject, said.data)
            if number % _AT_A_STRETCH == 0:
                # The client does not wait for anything while it has room.
                await asyncio.sleep(0)
