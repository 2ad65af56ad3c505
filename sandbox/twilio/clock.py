"""One drift-free clock for all telephone lines, which are spread over the 20 ms of a frame."""

import asyncio
from typing import Protocol

import structlog

from parley.audio.g711 import FRAME_MS

log = structlog.get_logger()

_SLOTS = 5
"""Lines are spread over 5 slots, so that 50 calls do not all send at the same moment."""
_SLOT_S = FRAME_MS / 1000 / _SLOTS


class ClockedLine(Protocol):
    """A line driven by the clock."""

    def catch_up(self, now_s: float) -> None:
        """Process all frames that are due at this time."""


class Clock:
    """Calls each line's `catch_up` every 20 ms; sleeps without lines."""

    def __init__(self) -> None:
        self._slots: tuple[set[ClockedLine], ...] = tuple(set() for _ in range(_SLOTS))
        self._has_lines = asyncio.Event()

    def add(self, line: ClockedLine) -> None:
        """Drive a line from now on."""
        min(self._slots, key=len).add(line)
        self._has_lines.set()

    def remove(self, line: ClockedLine) -> None:
        """Stop driving a line."""
        for slot in self._slots:
            slot.discard(line)
        if not any(self._slots):
            self._has_lines.clear()

    async def run(self) -> None:
        """Tick until cancelled; a late tick does not shift the following ones."""
        loop = asyncio.get_running_loop()
        while True:
            await self._has_lines.wait()
            due_s = loop.time()
            while self._has_lines.is_set():
                for slot in self._slots:
                    now_s = loop.time()
                    for line in tuple(slot):
                        self._catch_up(line, now_s)
                    due_s += _SLOT_S
                    await asyncio.sleep(max(0.0, due_s - loop.time()))

    def _catch_up(self, line: ClockedLine, now_s: float) -> None:
        try:
            line.catch_up(now_s)
        except Exception:  # a failing line must not stop the others
            log.exception("line_failed")
            self.remove(line)
