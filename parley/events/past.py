"""The past of a call's log: where a stage starts to fold it, and all events of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from parley.bus import Bus, streams, subjects
from parley.errors import BusError, Superseded
from parley.events.fencing import EventFence
from parley.events.fold import Fold
from parley.events.prefix_fold import PrefixFold, States
from parley.events.settled_order import SettledOrder
from parley.events.snapshot import SnapshotNotReadable, load_snapshot
from parley.events.time_slices import TimeSlices
from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_SNAPSHOT_TIMEOUT_S = 1.0
_BATCH_TIMEOUT_S = 8.0
_PIECE = 50
"""Number of messages that are put in order at once, in less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Past:
    """The folded past of a call, as a stage's new owner finds it."""

    prefix: PrefixFold
    states: States
    """After all events read, while those of `prefix` lack the newest."""
    has_snapshot: bool
    """Whether the stage has a snapshot."""
    events_since_snapshot: int


async def fold_past(
    bus: Bus, call_sid: str, stage: str, epoch: int, folds: Iterable[Fold[Any]], slices: TimeSlices
) -> Past:
    """Fold a call's log for the owner of a stage: the stage's latest snapshot and the events after it.

    Raises:
        Superseded: a later owner of this stage has appended an event.
        BusError: the log cannot be read.
    """
    start = PrefixFold.from_start(folds, slices, bus.counts)
    # The first owner has no snapshot, and one with an epoch of 0 only reads.
    snapshot = await _snapshot(bus, call_sid, stage, start) if epoch > 1 and start.states.storable else None
    prefix = snapshot or start
    batches = bus.streams.read_batches(
        streams.CALLS,
        subjects.call_log(call_sid),
        from_sequence=prefix.last_read + 1,
        timeout_s=_BATCH_TIMEOUT_S,
    )
    count = 0
    async for batch in batches:
        await prefix.add(batch)
        count += len(batch)
    # From now on, the events are read a second time: the log itself counts those that it discards.
    prefix.order.fence.counts = MessageCounts()
    if (owner := prefix.order.fence.epoch_of(stage)) > epoch:
        raise Superseded(f"{stage} of {call_sid} has owner {owner}, this is {epoch}")
    return Past(prefix, await prefix.complete(), snapshot is not None, count)


async def _snapshot(bus: Bus, call_sid: str, stage: str, start: PrefixFold) -> PrefixFold | None:
    """The states in the stage's snapshot; None without a readable one."""
    try:
        async with asyncio.timeout(_SNAPSHOT_TIMEOUT_S):
            stored = await bus.streams.last_message(streams.STATE, subjects.call_state(call_sid, stage))
    except (BusError, TimeoutError) as error:
        bus.counts.snapshots.unavailable += 1
        log.warning("snapshot_unavailable", call_sid=call_sid, stage=stage, error=str(error) or "timeout")
        return None
    if stored is None or not stored.data:
        return None
    try:
        prefix = load_snapshot(stored.data, call_sid, stage, start, bus.counts)
    except SnapshotNotReadable as error:
        bus.counts.snapshots.ignored += 1
        log.warning("snapshot_ignored", call_sid=call_sid, stage=stage, reason=str(error))
        return None
    bus.counts.snapshots.used += 1
    return prefix


async def read_past(
    bus: Bus, call_sid: str, until: int | None, fence: EventFence, slices: TimeSlices
) -> AsyncIterator[Event]:
    """All events of a call that are stored up to a sequence, or now, in order, read in batches.

    `fence` admits the events that are read.

    Raises:
        BusError: the log cannot be read.
    """
    order = SettledOrder(fence)
    batches = bus.streams.read_batches(streams.CALLS, subjects.call_log(call_sid), timeout_s=_BATCH_TIMEOUT_S)
    async for batch in batches:
        wanted = [message for message in batch if until is None or message.sequence <= until]
        for first in range(0, len(wanted), _PIECE):
            await slices.breathe()
            for event in order.add_messages(wanted[first : first + _PIECE]):
                yield event
                await slices.breathe()
        if len(wanted) < len(batch):
            break
    for one in order.unsettled:
        yield one.event
        await slices.breathe()
