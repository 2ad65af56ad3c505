"""The log of a long call is folded in slices, in constant memory."""

import asyncio
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from parley.bus import Message
from parley.events.fold import Fold
from parley.events.prefix_fold import PrefixFold, States
from parley.events.state_codec import dataclass_codec
from parley.events.time_slices import TimeSlices
from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackProgressed
from tests.event_factories import START_US, event
from tests.unit.parley.events.logs import IDS

_EVENTS, _BATCH = 144_000, 500
"""Four hours of a call with ten events a second."""


@dataclass(frozen=True, slots=True)
class Count:
    """The number of events."""

    events: int = 0


COUNT = Fold("count", Count, lambda state, _event, _at_ms: Count(state.events + 1), dataclass_codec(Count))


def batch(first: int) -> list[Message]:
    """Stored events of two stages, ten a second."""
    messages = []
    one = event(PlaybackProgressed(reply_id="r1"))
    for number in range(first, first + _BATCH):
        one.stage, one.sequence = ("edge", "stt")[number % 2], number // 2 + 1
        one.sent_at_us = START_US + number * 100_000
        messages.append(Message("x", one.SerializeToString(), number + 1))
    return messages


@pytest.fixture
def _no_garbage_collection() -> Iterator[None]:
    """Collecting the garbage of all tests takes longer than a slice."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_garbage_collection")
async def test_a_call_of_four_hours_is_folded_without_blocking_other_calls() -> None:
    """Between two iterations of the loop, the fold takes a few milliseconds of this thread's time."""
    prefix = PrefixFold.from_start((COUNT,), TimeSlices(), MessageCounts())
    slices_s: list[float] = []

    async def probe() -> None:
        while True:
            began_s = time.thread_time()
            await asyncio.sleep(0)
            slices_s.append(time.thread_time() - began_s)

    for first in range(0, _EVENTS, _BATCH):
        messages = batch(first)
        probing = asyncio.ensure_future(probe())
        await asyncio.sleep(0)
        await prefix.add(messages)
        probing.cancel()
        await asyncio.wait([probing])
    complete = await prefix.complete()

    assert complete.of(COUNT) == Count(_EVENTS)
    slices_s.sort()
    assert slices_s[int(len(slices_s) * 0.95)] < 0.02
    assert len(slices_s) > _EVENTS / _BATCH
    assert len(prefix.recent) <= 300
    assert [(list(one.starts), list(one.ends)) for one in prefix.fence.dump()] == [
        ([1], [prefix.states.of(COUNT).events // 2]),
        ([1], [prefix.states.of(COUNT).events // 2]),
    ]


async def test_a_fold_without_a_codec_belongs_to_the_session() -> None:
    """Its state may be changed in place, so that the log does not fold it again."""

    def append(ids: list[str], one: Event, _at_ms: int) -> list[str]:
        ids.append(one.id)
        return ids

    fold = Fold("list", list[str], append)
    prefix = PrefixFold.from_start((fold,), TimeSlices(), MessageCounts())
    await prefix.add(batch(0))
    ids = (await prefix.complete()).of(fold)
    assert len(ids) == _BATCH
    await prefix.add(batch(_BATCH))

    assert len(ids) == _BATCH
    assert prefix.states.facts.started_at_us
    with pytest.raises(LookupError):
        prefix.states.of(fold)


def test_a_state_is_that_of_its_fold_only() -> None:
    """A service that opens its logs with another fold does not start with a wrong state."""
    with pytest.raises(LookupError, match="ids"):
        States.initial((COUNT,)).of(IDS)
