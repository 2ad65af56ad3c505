"""One clock for all lines: it never drifts, and lines take turns within its 20 ms."""

import asyncio
from typing import Protocol

import structlog

from parley.mulaw import FRAME_MS

log = structlog.get_logger()

_SLOTS = 5
"""Lines are spread over so many moments, so that fifty calls do not all speak at once."""
_SLOT_S = FRAME_MS / 1000 / _SLOTS


class Ticking(Protocol):
    """What lives by the clock."""

    def catch_up(self, now_s: float) -> None:
        """Let the time pass that has passed."""


class Clock:
    """Asks each line every 20 ms to catch up; sleeps while there is none."""

    def __init__(self) -> None:
        self._slots: tuple[set[Ticking], ...] = tuple(set() for _ in range(_SLOTS))
        self._busy = asyncio.Event()

    def add(self, line: Ticking) -> None:
        """Let a line live."""
        min(self._slots, key=len).add(line)
        self._busy.set()

    def remove(self, line: Ticking) -> None:
        """No more time passes for it."""
        for slot in self._slots:
            slot.discard(line)
        if not any(self._slots):
            self._busy.clear()

    async def run(self) -> None:
        """Tick until cancelled; the time of a late tick is not lost."""
        loop = asyncio.get_running_loop()
        while True:
            await self._busy.wait()
            due_s = loop.time()
            while self._busy.is_set():
                for slot in self._slots:
                    now_s = loop.time()
                    for line in tuple(slot):
                        self._let_live(line, now_s)
                    due_s += _SLOT_S
                    await asyncio.sleep(max(0.0, due_s - loop.time()))

    def _let_live(self, line: Ticking, now_s: float) -> None:
        try:
            line.catch_up(now_s)
        except Exception:  # one line's mistake must not stop the others
            log.exception("a line broke")
            self.remove(line)
