"""Snapshots of a stage's states on a real NATS server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from parley.bus import Bus, connect, streams, subjects
from parley.clock import now_us
from parley.errors import Superseded
from parley.events.envelope import Body, event_name, wrap
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox, open_outbox
from parley.events.snapshot_writer import EVENTS_PER_SNAPSHOT
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.speech_pb2 import TurnEnded
from tests.eventually import eventually
from tests.nats_server import NatsServer
from tests.unit.parley.events.logs import IDS

CALL = "CA1"
SUBJECT = subjects.call_state(CALL, "brain")
_TWO_MINUTES_US = 120_000_000


@asynccontextmanager
async def opened(nats: NatsServer) -> AsyncIterator[tuple[Bus, Outbox]]:
    async with connect(nats.url, "t", timeout_s=30) as bus, open_outbox(bus) as outbox:
        yield bus, outbox


async def store_events(bus: Bus, first: int, last: int, *, age_us: int = _TWO_MINUTES_US) -> list[str]:
    """Store events of stt, which were sent some time ago; returns their ids."""
    ids = []
    for number in range(first, last + 1):
        body: Body = CallStarted() if number == 1 else TurnEnded(turn=number)
        sent_at_us = now_us() - age_us + number
        one = wrap(
            body,
            call_sid=CALL,
            stage="stt",
            epoch=1,
            sequence=number,
            sent_at_us=sent_at_us,
            traceparent="",
        )
        await bus.publish_durable(subjects.call_event(CALL, event_name(body)), one.SerializeToString())
        ids.append(one.id)
    return ids


def open_brain(bus: Bus, outbox: Outbox, epoch: int) -> AbstractAsyncContextManager[CallEventLog]:
    return open_call_log(bus, outbox, CALL, "brain", epoch, folds=(IDS,))


async def snapshot(bus: Bus) -> bytes:
    """The stored snapshot; empty without one."""
    found = await bus.streams.last_message(streams.STATE, SUBJECT)
    return b"" if found is None else found.data


async def take_over_long_call(bus: Bus, outbox: Outbox) -> list[str]:
    """Store more events than fit between two snapshots, and own the call until a snapshot is stored."""
    ids = await store_events(bus, 1, EVENTS_PER_SNAPSHOT + 10)
    # The events become settled when a later one is read.
    ids += await store_events(bus, EVENTS_PER_SNAPSHOT + 11, EVENTS_PER_SNAPSHOT + 11, age_us=0)
    async with open_brain(bus, outbox, 2) as log:
        assert list(log.folded(IDS).ids) == ids
        await eventually(lambda: snapshot(bus))
    return ids


async def test_the_next_owner_reads_the_snapshot_and_the_events_behind_it(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state is that of the whole log, but it reads only the newest events."""
    async with opened(nats_server) as (bus, outbox):
        ids = await take_over_long_call(bus, outbox)
        ids += await store_events(bus, EVENTS_PER_SNAPSHOT + 12, EVENTS_PER_SNAPSHOT + 14, age_us=0)
        read: list[int] = []
        original = bus.streams.read_batches

        async def count(*args, **options):  # type: ignore[no-untyped-def] # as the original
            async for batch in original(*args, **options):
                read.append(len(batch))
                yield batch

        monkeypatch.setattr(bus.streams, "read_batches", count)
        async with open_brain(bus, outbox, 3) as log:
            assert list(log.folded(IDS).ids) == ids
            assert log.facts.started is not None
            assert sum(read) == 4
            assert bus.counts.snapshots.used == 1
            assert [one.id async for one in log.past()] == ids
            ids += await store_events(bus, 1000, 1003, age_us=0)
            assert [one.id async for one in log.past()] == ids[:-4]
            assert [one.id async for one in log.past(until_now=True)] == ids


async def test_an_unreadable_snapshot_costs_only_time(nats_server: NatsServer) -> None:
    """Damaged, of another version, empty, or missing: the whole log is folded."""
    async with opened(nats_server) as (bus, outbox):
        ids = await take_over_long_call(bus, outbox)
        stored = await snapshot(bus)
        for epoch, data in enumerate((stored[:-5], b"x" * 50, b""), 3):
            await bus.publish_durable(SUBJECT, data)
            async with open_brain(bus, outbox, epoch) as log:
                assert list(log.folded(IDS).ids) == ids
        assert bus.counts.snapshots.ignored == 2
        await bus._jetstream.delete_stream("STATE")
        async with open_brain(bus, outbox, 9) as log:
            assert list(log.folded(IDS).ids) == ids
        await bus.streams.ensure(1, streams.StreamLimits())


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_a_snapshot_is_stored_during_the_call_and_discarded_at_its_end(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch, acknowledged: bool
) -> None:
    """An empty message takes its place, also if the call ends before the snapshot is acknowledged."""
    async with opened(nats_server) as (bus, outbox):
        publish = bus.publish_durable

        async def publish_snapshot(subject: str, data: bytes, **options: Any) -> None:
            await publish(subject, data, **options)
            if subject == SUBJECT and not acknowledged:
                await asyncio.Event().wait()

        monkeypatch.setattr(bus, "publish_durable", publish_snapshot)
        await store_events(bus, 1, 1, age_us=2 * _TWO_MINUTES_US)
        async with open_brain(bus, outbox, 1) as log:
            await store_events(bus, 2, EVENTS_PER_SNAPSHOT)
            await store_events(bus, EVENTS_PER_SNAPSHOT + 1, EVENTS_PER_SNAPSHOT + 1, age_us=0)
            await log.append(CallEnded())
            async for event in log:
                if event.sequence > EVENTS_PER_SNAPSHOT:
                    break
            await eventually(lambda: snapshot(bus))
        await bus.flush()

        async def is_discarded() -> bool:
            return await snapshot(bus) == b""

        await eventually(is_discarded)


async def test_a_stale_owner_is_detected_in_the_snapshot(nats_server: NatsServer) -> None:
    """It reads none of the events of the later owner itself."""
    async with opened(nats_server) as (bus, outbox):
        await store_events(bus, 1, EVENTS_PER_SNAPSHOT)
        async with open_brain(bus, outbox, 3) as log:
            await log.append(TurnEnded())
            await outbox.wait_acked(5)
        with pytest.raises(Superseded):
            async with open_brain(bus, outbox, 2):
                pass
