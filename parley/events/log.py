"""Reads a call's log from its first event, follows it, and appends one stage's events to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf

import structlog
from prometheus_client import Histogram

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
_GAP_READ_TIMEOUT_S = 1.0
_POLL_INTERVAL_S = 0.005
_ACK_TIMEOUT_S = 0.5
_ACK_TIMEOUT_DISCONNECTED_S = 10.0
_WAKE_AFTER_S = 0.05
_REREAD_AFTER_S = 2.0
"""By then a lagging replica has every event, and events that no server had stored were resent."""


class CallEventLog:
    """One stage's view of a call's log: past events, new events, and the stage's own appends.

    `history` holds the admitted events up to the moment of opening. Iterating yields the events that other
    stages append from then on; this stage's own events are returned by `append` and not yielded again.
    """

    def __init__(
        self,
        bus: Bus,
        outbox: Outbox,
        live: Subscription,
        call_sid: str,
        stage: str,
        epoch: int,
        bus_delay: Histogram | None = None,
    ) -> None:
        self.call_sid = call_sid
        self.stage = stage
        self.epoch = epoch
        self.history: tuple[Event, ...] = ()
        self._bus = bus
        self._outbox = outbox
        self._fence = EventFence(bus.counts)
        self._sequence = 0
        self._live = live
        self._bus_delay = bus_delay
        self._last_read = 0
        self._gap_count = bus.gap_count
        self._reread_at_s = inf
        self._observers: tuple[Callable[[Event], None], ...] = ()

    def add_observer(self, observe: Callable[[Event], None]) -> None:
        """Call `observe` with every event from now on: when one is read, and when this stage appends.

        An observer that raises is logged and not called again.
        """
        self._observers = (*self._observers, observe)

    def _notify(self, event: Event) -> None:
        for observe in self._observers:
            try:
                observe(event)
            except Exception:  # a failing observer never affects the call
                log.exception("log_observer_failed", call_sid=self.call_sid, event_id=event.id)
                self._observers = tuple(other for other in self._observers if other is not observe)

    @property
    def clock(self) -> CallClock:
        """Converts to call time, which starts at the wall clock of the first event."""
        return CallClock(self.history[0].sent_at_us if self.history else now_us())

    def now_ms(self) -> int:
        """Call time now."""
        return self.clock.ms_at(now_us())

    @property
    def pending(self) -> int:
        """Number of events received and not iterated over yet."""
        return self._live.pending

    async def append(self, body: Body) -> Event:
        """Append an event as this stage; it is stored in the background and resent until it is."""
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
        """Wait until an irreversible action may start; False when the bus is unreachable.

        When this returns, every event that the bus had for this process has been read, so a superseded owner
        has been detected, and the log contains everything that this process appended, so the next owner reads
        it. While the stream has no leader, which can take seconds, the method does not wait for events to be
        stored as long as a server responds, even one that is cut off from the other servers.
        """
        own_events = subjects.call_event(self.call_sid, "")
        stored = await self._outbox.wait_subject_acked(own_events, _ACK_TIMEOUT_S)
        try:
            await self._bus.flush()
        except BusError:
            if not (stored or await self._outbox.wait_subject_acked(own_events, _ACK_TIMEOUT_DISCONNECTED_S)):
                return False
        while self.pending:  # noqa: ASYNC110 - the subscription has no event for it
            await asyncio.sleep(_POLL_INTERVAL_S)
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
                self._on_read(event)
                yield event
            if message is None:
                continue
            event_or_none = self._admit(message.data)
            if event_or_none is not None:
                self._on_read(event_or_none)
                yield event_or_none

    def _on_read(self, event: Event) -> None:
        if self._bus_delay is not None:
            delay_s = max(0.0, (now_us() - event.sent_at_us) / 1e6)
            self._bus_delay.labels(stage=event.stage).observe(delay_s)
        self._notify(event)

    def _admit(self, data: bytes) -> Event | None:
        event = parse(data)
        if event is None:
            log.warning("event_not_parsable", call_sid=self.call_sid, size=len(data))
            return None
        if event.stage == self.stage and event.epoch > self.epoch:
            raise Superseded(f"{self.stage} of {self.call_sid} has owner {event.epoch}, this is {self.epoch}")
        return event if self._fence.admit(event) else None

    async def _read_gap(self) -> list[Event]:
        """Events missed by a reconnection or a slow reader; does not wait for a stream without a leader."""
        now_s = time.monotonic()
        if self._bus.gap_count != self._gap_count:
            self._gap_count = self._bus.gap_count
            self._schedule_reread(now_s)
        elif now_s < self._reread_at_s:
            return []
        else:
            self._reread_at_s = inf
        try:
            return await self._read_unseen(consistent=False)
        except BusError as error:
            log.warning("call_log_read_postponed", call_sid=self.call_sid, error=str(error))
            self._schedule_reread(now_s)
            return []

    def _schedule_reread(self, now_s: float) -> None:
        self._reread_at_s = now_s + _REREAD_AFTER_S
        asyncio.get_running_loop().call_later(_REREAD_AFTER_S + _WAKE_AFTER_S, self._live.wake)

    async def _read_unseen(self, *, consistent: bool = True) -> list[Event]:
        messages = await self._bus.streams.read(
            streams.CALLS,
            subjects.call_log(self.call_sid),
            from_sequence=self._last_read + 1,
            timeout_s=_READ_TIMEOUT_S if consistent else _GAP_READ_TIMEOUT_S,
            consistent=consistent,
        )
        if messages:
            self._last_read = messages[-1].sequence
        return restore_stage_order([event for m in messages if (event := self._admit(m.data)) is not None])

    async def read_new(self) -> list[Event]:
        """Read the events since the last read, once following has ended; a frozen process misses live events.

        Raises:
            Superseded: a later owner of this stage has appended an event.
            BusError: the log cannot be read.
        """
        return await self._read_unseen()

    async def load_history(self) -> None:
        """Read the past events, once, before following.

        Raises:
            Superseded, BusError: as `read_new`.
        """
        self.history = tuple(await self._read_unseen())
        # An event published before the subscription may be stored after this read: replication takes time.
        self._schedule_reread(time.monotonic())


@asynccontextmanager
async def open_call_log(
    bus: Bus, outbox: Outbox, call_sid: str, stage: str, epoch: int, *, bus_delay: Histogram | None = None
) -> AsyncIterator[CallEventLog]:
    """A call's log with its history; it subscribes before it reads, so that no event is missed in between.

    `bus_delay` observes the time from an event's publication until it is read, in seconds, by stage.

    Raises:
        Superseded: a later owner of this stage has appended an event.
        BusError: the log cannot be read.
    """
    async with bus.subscribe(subjects.call_log(call_sid)) as live:
        call_log = CallEventLog(bus, outbox, live, call_sid, stage, epoch, bus_delay)
        await call_log.load_history()
        yield call_log
