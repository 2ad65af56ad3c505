"""Reads and follows a call's log, folds its past into states, and appends one stage's events to it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from prometheus_client import Histogram

from parley.bus import Bus, Subscription, streams, subjects
from parley.clock import CallClock, now_us
from parley.errors import BusError, Superseded
from parley.events import facts
from parley.events.envelope import Body, event_name, parse, wrap
from parley.events.facts import CallFacts
from parley.events.fencing import EventFence
from parley.events.fold import Fold
from parley.events.observers import Observers
from parley.events.ordering import restore_stage_order
from parley.events.outbox import Outbox
from parley.events.past import fold_past, read_past
from parley.events.prefix_fold import States
from parley.events.reread_schedule import RereadSchedule
from parley.events.side_effects import wait_ready
from parley.events.snapshot_writer import SnapshotWriter
from parley.events.time_slices import TimeSlices
from parley.telemetry.trace_context import traceparent
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

S = TypeVar("S")

_READ_TIMEOUT_S = 8.0
_GAP_READ_TIMEOUT_S = 1.0


class CallEventLog:
    """One stage's view of a call's log: past events, new events, and the stage's own appends.

    `folded` returns what the events up to the moment of opening have led to. Iterating yields the events that
    other stages append from then on; this stage's own events are returned by `append` and not yielded again.
    """

    stores_snapshots = True

    def __init__(
        self,
        bus: Bus,
        outbox: Outbox,
        live: Subscription,
        call_sid: str,
        stage: str,
        epoch: int,
        *,
        folds: Iterable[Fold[Any]] = (),
        slices: TimeSlices | None = None,
        bus_delay: Histogram | None = None,
    ) -> None:
        self.call_sid = call_sid
        self.stage = stage
        self.epoch = epoch
        self.facts = CallFacts()
        """The facts that all stages need, up to date with the events read and appended."""
        self.recent: tuple[Event, ...] = ()
        """The events of about the last 30 s before opening, until the log is iterated over."""
        self._folds = tuple(folds)
        self._states: States | None = None
        self._slices = slices or TimeSlices()
        self._writer: SnapshotWriter | None = None
        self._opened_at = 0
        """Sequence of the last event that was stored before opening."""
        self._bus = bus
        self._outbox = outbox
        self._fence = EventFence(bus.counts)
        self._sequence = 0
        self._live = live
        self._bus_delay = bus_delay
        self._last_read = 0
        self._reread = RereadSchedule(bus, live)
        self._observers = Observers(call_sid)

    def add_observer(self, observe: Callable[[Event], None]) -> None:
        """Call `observe` with every event from now on: when one is read, and when this stage appends.

        An observer that raises is logged and not called again.
        """
        self._observers.add(observe)

    @property
    def clock(self) -> CallClock:
        """Converts to call time, which starts at the wall clock of the first event."""
        return self.facts.clock or CallClock(now_us())

    def folded(self, fold: Fold[S]) -> S:
        """The state of one of the log's folds after the events that precede this owner.

        Available until the log is iterated over.

        Raises:
            LookupError: the log was not opened with this fold.
        """
        if self._states is None:
            raise LookupError("the log is being iterated over, or was not opened")
        state: S = self._states.of(fold)
        return state

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
        self._take_note(event)
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
        return await wait_ready(self._bus, self._outbox, own_events, lambda: self.pending)

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
        self.recent, self._states = (), None
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
        self._take_note(event)

    def _take_note(self, event: Event) -> None:
        """Update what does not depend on the session, with an event read or appended."""
        self.facts = facts.evolve(self.facts, event)
        if self._writer is not None:
            self._writer.count_event()
        self._observers.notify(event)

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
        if not self._reread.take_due():
            return []
        try:
            return await self._read_unseen(consistent=False)
        except BusError as error:
            log.warning("call_log_read_postponed", call_sid=self.call_sid, error=str(error))
            self._reread.postpone()
            return []

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

    def _on_settled(self, events: Sequence[Event], position: int) -> None:
        """Check that the events stored up to `position` were received; receive those that were missed."""
        if any(self._fence.would_admit(event) for event in events):
            log.info("missed_events_found", call_sid=self.call_sid)
            self._reread.now()
        elif not self._reread.pending:
            self._last_read = max(self._last_read, position)

    async def _load(self) -> SnapshotWriter:
        """Fold the past events: the latest snapshot and the events after it."""
        past = await fold_past(self._bus, self.call_sid, self.stage, self.epoch, self._folds, self._slices)
        self._states, self.facts, self.recent = past.states, past.states.facts, past.prefix.recent
        self._fence = past.prefix.order.fence.copy(self._bus.counts)
        self._last_read = self._opened_at = past.prefix.last_read
        # An event published before the subscription may be stored after this read: replication takes time.
        self._reread.postpone()
        return SnapshotWriter(
            self._bus,
            self.call_sid,
            self.stage,
            past,
            self._on_settled,
            store=self.stores_snapshots and bool(self._folds),
        )

    def past(self, *, until_now: bool = False, fence: EventFence | None = None) -> AsyncIterator[Event]:
        """All events that precede this owner, or all that are stored now, in order, read in batches.

        `fence` admits the events that are read, for `is_complete`.

        Raises:
            BusError: the log cannot be read.
        """
        until = None if until_now else self._opened_at
        return read_past(self._bus, self.call_sid, until, fence or EventFence(), self._slices)

    def is_complete(self, stored: EventFence) -> bool:
        """Whether a fence has admitted every event that this log has received from other stages."""
        return stored.has_admitted_all_of(self._fence, except_stage=self.stage)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Fold the past, then store snapshots while entered.

        Raises:
            Superseded, BusError: as `read_new`.
        """
        writer = self._writer = await self._load()
        async with writer.running():
            yield
        if self.facts.ended is not None:
            await writer.discard()


@asynccontextmanager
async def open_call_log(
    bus: Bus,
    outbox: Outbox,
    call_sid: str,
    stage: str,
    epoch: int,
    *,
    folds: Iterable[Fold[Any]] = (),
    slices: TimeSlices | None = None,
    bus_delay: Histogram | None = None,
) -> AsyncIterator[CallEventLog]:
    """A call's log, its past folded; it subscribes before it reads, so that no event is missed in between.

    `slices` limits the time that the fold takes from other calls. `bus_delay` observes the time from an
    event's publication until it is read, in seconds, by stage.

    Raises:
        Superseded: a later owner of this stage has appended an event.
        BusError: the log cannot be read.
    """
    async with bus.subscribe(subjects.call_log(call_sid)) as live:
        call_log = CallEventLog(
            bus, outbox, live, call_sid, stage, epoch, folds=folds, slices=slices, bus_delay=bus_delay
        )
        async with call_log.opened():
            yield call_log
