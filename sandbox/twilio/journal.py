"""Keeps what is worth telling: of each call for those who follow it, and of all for the log."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import structlog

_LOG_ENTRIES = 10_000
_EVENTS_PER_CALL = 5_000

Entry = dict[str, Any]


class CallEvents:
    """One call's events, for any number of followers, from the first to the last."""

    def __init__(self) -> None:
        self._events: list[Entry] = []
        self._grown = asyncio.Event()
        self._closed = False

    def append(self, entry: Entry) -> None:
        """Add an event; a call that says more than anybody could read is cut."""
        if not self._closed and len(self._events) < _EVENTS_PER_CALL:
            self._events.append(entry)
            self._wake()

    def close(self) -> None:
        """No event will follow."""
        self._closed = True
        self._wake()

    async def follow(self) -> AsyncIterator[Entry]:
        """All events, as they come, until the call has ended."""
        told = 0
        while True:
            grown = self._grown
            for entry in self._events[told:]:
                told += 1
                yield entry
            if self._closed and told >= len(self._events):
                return
            if told >= len(self._events):
                await grown.wait()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


class Journal:
    """The last noteworthy entries of all calls."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_LOG_ENTRIES)
        self._log = structlog.get_logger("sandbox.twilio")

    def note(self, what: str, call_sid: str | None = None, **details: Any) -> Entry:
        """Keep an entry."""
        entry: Entry = {"at": time.time(), "call_sid": call_sid, "what": what, **details}
        self._entries.append(entry)
        self._log.debug(what, call_sid=call_sid, **details)
        return entry

    def since(self, at: float) -> list[Entry]:
        """The entries later than a time."""
        return [entry for entry in self._entries if entry["at"] > at]
