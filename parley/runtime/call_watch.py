"""Checks by the clock that a call which a stage serves has not ended unreported.

A call's end is normally reported by Twilio to an edge, which appends `call.ended`. If nothing reports it, for
example because no media stream ever opened and the status callback was lost, the stage would keep the call
indefinitely. Each owner therefore checks at an interval that an edge has the call's media stream. If none
has, it notifies one of the edges, which requests the call's status from Twilio.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.bus import Bus, Liveness, streams, subjects
from parley.errors import BusError
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_FINISH_TIMEOUT_S = 90.0
"""Time that a stage has for its work after the end of the call; a tool call may take 60 s."""


@asynccontextmanager
async def watch_call(
    bus: Bus, call_log: CallEventLog, interval_s: float, *, unlimited: bool = False
) -> AsyncIterator[None]:
    """While entered, check the call at the interval.

    The block may run for 90 s after the end of the call, unless it is `unlimited`.

    Raises:
        TimeoutError: the block has not returned in time after the end of the call.
    """
    async with asyncio.timeout(None) as deadline:
        watch = _CallWatch(bus, call_log, interval_s, deadline, None if unlimited else _FINISH_TIMEOUT_S)
        call_log.add_observer(watch.observe)
        if call_log.facts.ended is not None:
            watch.end()
        checking = asyncio.ensure_future(watch.run())
        try:
            yield
        finally:
            checking.cancel()
            await asyncio.wait([checking])


class _CallWatch:
    """Checks one call until it has ended."""

    def __init__(
        self,
        bus: Bus,
        call_log: CallEventLog,
        interval_s: float,
        deadline: asyncio.Timeout,
        finish_timeout_s: float | None,
    ) -> None:
        self._bus = bus
        self._call_sid = call_log.call_sid
        self._stage = call_log.stage
        self._interval_s = interval_s
        self._deadline = deadline
        self._finish_timeout_s = finish_timeout_s
        self._ended = False

    def observe(self, event: Event) -> None:
        """Note the end of the call."""
        if event.HasField("call_ended"):
            self.end()

    def end(self) -> None:
        """Limit the time of the block, because the call has ended."""
        if not self._ended and self._finish_timeout_s is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._finish_timeout_s)
        self._ended = True

    async def run(self) -> None:
        """Check the call at the interval until it has ended."""
        while not self._ended:
            await asyncio.sleep(self._interval_s)
            try:
                await self._check()
            except BusError as error:
                log.warning("call_check_postponed", stage=self._stage, error=str(error))

    async def _check(self) -> None:
        """Notify an edge about the call, unless an edge has its media stream or its log has ended."""
        liveness = await self._bus.requests.liveness(subjects.media_alive(self._call_sid))
        if liveness is Liveness.ALIVE:
            return
        if await self._has("call_ended"):
            # The session has not read it.
            self.end()
        elif await self._has("call_started"):
            await self._bus.publish(subjects.call_check(self._call_sid), b"")
        else:
            log.error("call_log_missing", stage=self._stage, effect="the stage stops working on the call")
            self._ended = True
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def _has(self, name: str) -> bool:
        subject = subjects.call_event(self._call_sid, name)
        return await self._bus.streams.last_message(streams.CALLS, subject) is not None
