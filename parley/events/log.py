"""Read a call from its first event, then follow it, and say one stage's own word in it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf

import structlog

from parley.bus import Bus, Subscription, streams, subjects
from parley.clock import CallClock, now_us
from parley.errors import BusError, Superseded
from parley.events.envelope import Body, event_name, parse, wrap
from parley.events.fencing import EventFence
from parley.events.ordering import restore_stage_order
from parley.events.outbox import Outbox
from parley.telemetry.trace_context import traceparent
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_READ_TIMEOUT_S = 8.0
_MISSED_TIMEOUT_S = 1.0
_READY_TIMEOUT_S = 0.005
_STORED_SOON_S, _STORED_S = 0.5, 10.0
_WAKE_AFTER_S = 0.05
_REREAD_AFTER_S = 2.0
"""A copy that lags behind has all by then, and what nobody had stored was said again."""


class CallEventLog:
    """One stage's view of a call's log: its past, what comes, and the stage's own word.

    `history` holds the admitted events up to the moment of opening. Iterating gives what others say
    from then on; what this stage says itself is returned by `say` and not met again.
    """

    def __init__(
        self, bus: Bus, outbox: Outbox, live: Subscription, call_sid: str, stage: str, epoch: int
    ) -> None:
        self.call_sid = call_sid
        self.stage = stage
        self.epoch = epoch
        self.history: tuple[Event, ...] = ()
        self._bus = bus
        self._outbox = outbox
        self._fence = EventFence()
        self._sequence = 0
        self._live = live
        self._last_read = 0
        self._gap_count = bus.gap_count
        self._reread_at_s = inf
        self._observers: tuple[Callable[[Event], None], ...] = ()

    def add_observer(self, observe: Callable[[Event], None]) -> None:
        """Call `observe` with every event from now on: when one is read, and when this stage appends."""
        self._observers = (*self._observers, observe)

    def _notify(self, event: Event) -> None:
        for observe in self._observers:
            observe(event)

    @property
    def clock(self) -> CallClock:
        """Call time; counts from the first event's wall clock."""
        return CallClock(self.history[0].sent_at_us if self.history else now_us())

    def now_ms(self) -> int:
        """Call time now."""
        return self.clock.ms_at(now_us())

    @property
    def pending(self) -> int:
        """Events that have come and were not iterated over yet."""
        return self._live.pending

    async def append(self, body: Body) -> Event:
        """Append an event as this stage; stored behind our back, said again until it is."""
        event = self._wrap(body)
        self._fence.admit(event)
        self._notify(event)
        await self._outbox.publish(
            subjects.call_event(self.call_sid, event_name(body)),
            event.SerializeToString(),
            message_id=f"{self.call_sid}:{event.id}",
        )
        return event

    async def ready_for_side_effects(self) -> bool:
        """Wait until what cannot be undone may be done; False when the bus is away.

        Then all that the bus had for us has come, so that who was superseded knows it; and the log has all
        that was said here, so that a successor knows of it. A log whose leader died takes nothing for some
        seconds: that is not waited for where a server answers, be it one that is cut off from the others.
        """
        said = subjects.call_event(self.call_sid, "")
        stored = await self._outbox.wait_subject_acked(said, _STORED_SOON_S)
        try:
            await self._bus.flush()
        except BusError:
            if not (stored or await self._outbox.wait_subject_acked(said, _STORED_S)):
                return False
        while self.pending:  # noqa: ASYNC110 - a queue of the bus tells nobody
            await asyncio.sleep(_READY_TIMEOUT_S)
        return True

    def _wrap(self, body: Body) -> Event:
        """The next event of this stage."""
        self._sequence += 1
        return wrap(
            body,
            call_sid=self.call_sid,
            stage=self.stage,
            epoch=self.epoch,
            sequence=self._sequence,
            sent_at_us=now_us(),
            traceparent=traceparent(self.call_sid, getattr(body, "turn", 0)),
        )

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for message in self._live.messages_or_wakeups():
            for event in await self._read_gap():
                self._notify(event)
                yield event
            if message is None:
                continue
            event_or_none = self._admit(message.data)
            if event_or_none is not None:
                self._notify(event_or_none)
                yield event_or_none

    def _admit(self, data: bytes) -> Event | None:
        event = parse(data)
        if event is None:
            log.warning("bytes that are no event", call_sid=self.call_sid, size=len(data))
            return None
        if event.stage == self.stage and event.epoch > self.epoch:
            raise Superseded(f"{self.stage} of {self.call_sid} has owner {event.epoch}, this is {self.epoch}")
        return event if self._fence.admit(event) else None

    async def _read_gap(self) -> list[Event]:
        """By a new connection, or by being slow; nobody waits here for a cluster that has no leader."""
        now_s = time.monotonic()
        if self._bus.gap_count != self._gap_count:
            self._gap_count = self._bus.gap_count
            self._schedule_reread(now_s)
        elif now_s < self._reread_at_s:
            return []
        else:
            self._reread_at_s = inf
        try:
            return await self._read_unseen(sure=False)
        except BusError as error:
            log.warning("log cannot be read yet", call_sid=self.call_sid, error=str(error))
            self._schedule_reread(now_s)
            return []

    def _schedule_reread(self, now_s: float) -> None:
        self._reread_at_s = now_s + _REREAD_AFTER_S
        asyncio.get_running_loop().call_later(_REREAD_AFTER_S + _WAKE_AFTER_S, self._live.wake)

    async def _read_unseen(self, *, sure: bool = True) -> list[Event]:
        messages = await self._bus.streams.read(
            streams.CALLS,
            subjects.call_log(self.call_sid),
            from_sequence=self._last_read + 1,
            timeout_s=_READ_TIMEOUT_S if sure else _MISSED_TIMEOUT_S,
            consistent=sure,
        )
        if messages:
            self._last_read = messages[-1].sequence
        return restore_stage_order([event for m in messages if (event := self._admit(m.data)) is not None])

    async def read_new(self) -> list[Event]:
        """What was said since, for one who follows no more: who was frozen learns of it only so.

        Raises:
            Superseded: a later owner of this stage has spoken.
            BusError: the log cannot be read.
        """
        return await self._read_unseen()

    async def load_history(self) -> None:
        """Read the past, once, before following."""
        self.history = tuple(await self._read_unseen())
        # What was said before we listened may have been stored after we read: a cluster takes its time.
        self._schedule_reread(time.monotonic())


@asynccontextmanager
async def open_call_log(
    bus: Bus, outbox: Outbox, call_sid: str, stage: str, epoch: int
) -> AsyncIterator[CallEventLog]:
    """Subscribe first, then read the past: nothing falls between the two.

    Raises:
        Superseded: a later owner of this stage has spoken already.
        BusError: the log cannot be read.
    """
    async with bus.subscribe(subjects.call_log(call_sid)) as live:
        call_log = CallEventLog(bus, outbox, live, call_sid, stage, epoch)
        await call_log.load_history()
        yield call_log
