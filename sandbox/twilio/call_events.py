"""The event list of one call, for any number of concurrent readers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

_MAX_EVENTS = 5_000

Entry = dict[str, Any]


class CallEvents:
    """An append-only list of events; each reader gets all events from first to last."""

    def __init__(self) -> None:
        self._events: list[Entry] = []
        self._changed = asyncio.Event()
        self._closed = False

    def append(self, entry: Entry) -> None:
        """Add an event; events past the limit are dropped."""
        if not self._closed and len(self._events) < _MAX_EVENTS:
            self._events.append(entry)
            self._wake()

    def close(self, last: Entry) -> None:
        """Add the last event; later events are ignored."""
        if not self._closed:
            self._events.append(last)
            self._closed = True
            self._wake()

    async def follow(self) -> AsyncIterator[Entry]:
        """All events as they arrive, until the call has ended."""
        sent = 0
        while True:
            changed = self._changed
            for entry in self._events[sent:]:
                sent += 1
                yield entry
            if sent < len(self._events):
                continue
            if self._closed:
                return
            await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
