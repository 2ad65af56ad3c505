"""One call's events, kept for those who follow it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

_MOST_EVENTS = 5_000

Entry = dict[str, Any]


class CallEvents:
    """For any number of followers, from the first event to the last."""

    def __init__(self) -> None:
        self._events: list[Entry] = []
        self._grown = asyncio.Event()
        self._closed = False

    def append(self, entry: Entry) -> None:
        """Add an event; a call that says more than anybody could read is cut."""
        if not self._closed and len(self._events) < _MOST_EVENTS:
            self._events.append(entry)
            self._wake()

    def close(self, last: Entry) -> None:
        """Add the last event; none will follow."""
        if not self._closed:
            self._events.append(last)
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
            if told < len(self._events):
                continue
            if self._closed:
                return
            await grown.wait()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()
