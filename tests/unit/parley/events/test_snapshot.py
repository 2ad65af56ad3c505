"""A snapshot and the events behind it lead to the state of the whole log, wherever the log is cut."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.bus import Message
from parley.events.fold import Fold
from parley.events.prefix_fold import PrefixFold, States
from parley.events.snapshot import SnapshotNotReadable, dump_snapshot, load_snapshot
from parley.events.state_codec import dataclass_codec
from parley.events.time_slices import TimeSlices
from parley.telemetry.counts import MessageCounts
from parley.v1.call_pb2 import CallStarted
from parley.v1.event_pb2 import Event
from tests.event_factories import event
from tests.unit.parley.events.logs import IDS, Ids, evolve, messages_of, stored_logs

STARTED = event(CallStarted(agent="front"), stage="webhook", epoch=0, sequence=1)


def start(*folds: Fold[Ids]) -> PrefixFold:
    return PrefixFold.from_start(folds or (IDS,), TimeSlices(), MessageCounts())


async def read(prefix: PrefixFold, messages: list[Message]) -> States:
    """The states after these stored messages, read in batches."""
    for first in range(0, len(messages), 7):
        await prefix.add(messages[first : first + 7])
    return await prefix.complete()


async def restored(data: bytes, call_sid: str = "CA1", stage: str = "brain") -> PrefixFold:
    return load_snapshot(data, call_sid, stage, start(), MessageCounts())


@given(events=stored_logs(), times=st.integers(1, 3))
async def test_every_cut_leads_to_the_state_of_the_whole_log(events: list[Event], times: int) -> None:
    """With repeated events, events stored late, and events of owners that were replaced."""
    messages = messages_of([STARTED, *events])
    whole = await read(start(), messages)
    for cut in range(0, len(messages) + 1, 1 + len(messages) // 12):
        prefix = start()
        await read(prefix, messages[:cut])
        for _ in range(times):
            prefix = await restored(await dump_snapshot(prefix, "CA1", "brain"))
        tail = [message for message in messages if message.sequence > prefix.position]
        states = await read(prefix, tail)

        assert states.of(IDS) == whole.of(IDS)
        assert states.facts == whole.facts


@given(events=stored_logs())
async def test_the_state_of_the_whole_log_is_that_of_a_plain_fold(events: list[Event]) -> None:
    """Each event is folded at the call time at which it was sent."""
    states = await read(start(), messages_of([STARTED, *events]))
    folded = states.of(IDS)

    assert len(set(folded.ids)) == len(folded.ids)
    sent_ms = {one.id: (one.sent_at_us - STARTED.sent_at_us) // 1000 for one in [STARTED, *events]}
    assert set(folded.ids) <= set(sent_ms)
    assert folded.last_ms == sent_ms[folded.ids[-1]]
    assert states.facts.started == STARTED


async def test_a_fold_that_changes_its_state_in_place_does_not_change_the_snapshot() -> None:
    """The session continues with a state of its own."""
    mutable = Fold("list", list[str], lambda ids, one, _at_ms: [*ids, one.id])
    assert not States.initial((mutable,)).storable
    prefix = start()
    first = await read(prefix, messages_of([STARTED]))
    data = await dump_snapshot(prefix, "CA1", "brain")
    reduce(lambda states, one: states.evolve(one), [event(CallStarted())] * 3, first)

    assert await dump_snapshot(prefix, "CA1", "brain") == data


async def snapshot_data() -> bytes:
    prefix = start()
    await read(prefix, messages_of([STARTED] * 1 + [event(CallStarted(), at_ms=60_000)]))
    assert prefix.position
    return await dump_snapshot(prefix, "CA1", "brain")


async def test_a_snapshot_of_another_version_is_refused() -> None:
    """Its fold number or its type differs, or the state is missing."""
    data = await snapshot_data()
    others = (
        replace(IDS, codec=dataclass_codec(Ids, fold_number=2)),
        replace(IDS, name="other"),
        Fold("ids", Ids, evolve),
    )
    for other in others:
        with pytest.raises(SnapshotNotReadable, match="other_version"):
            load_snapshot(data, "CA1", "brain", start(other), MessageCounts())


async def test_a_snapshot_of_another_call_or_stage_is_refused() -> None:
    """It may have been stored under the wrong subject."""
    data = await snapshot_data()
    for call_sid, stage in (("CA2", "brain"), ("CA1", "stt")):
        with pytest.raises(SnapshotNotReadable, match="other_call"):
            await restored(data, call_sid, stage)


async def test_a_damaged_snapshot_is_refused() -> None:
    """Whichever byte is wrong, and wherever it ends."""
    data = await snapshot_data()
    for place in range(len(data)):
        broken = bytes([*data[:place], data[place] ^ 1, *data[place + 1 :]])
        for other in (broken, data[:place]):
            with pytest.raises(SnapshotNotReadable, match="damaged"):
                await restored(other)
