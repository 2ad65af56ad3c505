"""Reads a call's stored log after the call has ended: for the record, and for the rows of the events."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from parley.events.fencing import EventFence
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event
from services.recorder.call_record import RecordBuilder
from services.recorder.retry import retry_read

log = structlog.get_logger()

_COMPLETE_TIMEOUT_S = 10.0
"""An event is stored within seconds after it was received, or its sender died before."""
_COMPLETE_INTERVAL_S = 0.5


class StoredLog:
    """The stored events of a call that has ended."""

    def __init__(self, call_log: CallEventLog, started: Event) -> None:
        self._log = call_log
        self._started = started

    async def record(self) -> RecordBuilder:
        """Compute the record; waits if events that were received are not stored yet.

        Reads until the bus can be read.
        """
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + _COMPLETE_TIMEOUT_S
        while True:
            builder, fence = await retry_read(self._computed)
            if self._log.is_complete(fence):
                return builder
            if loop.time() > deadline_s:
                log.warning("call_log_incomplete")
                return builder
            await asyncio.sleep(_COMPLETE_INTERVAL_S)

    async def _computed(self) -> tuple[RecordBuilder, EventFence]:
        builder, fence = RecordBuilder(self._started), EventFence()
        async for event in self._read(fence):
            builder.add(event)
        return builder, fence

    def events(self) -> AsyncIterator[Event]:
        """All events in order, without those of this owner.

        Raises:
            BusError: the log cannot be read.
        """
        return self._read(EventFence())

    async def _read(self, fence: EventFence) -> AsyncIterator[Event]:
        own = (self._log.stage, self._log.epoch)
        async for event in self._log.past(until_now=True, fence=fence):
            if (event.stage, event.epoch) != own:
                yield event
