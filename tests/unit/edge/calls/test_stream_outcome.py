"""Tests of how a call continues after its media stream has ended."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import stamina

from parley.errors import BusError, Superseded
from parley.v1.event_pb2 import Event
from services.edge.calls import stream_outcome
from services.edge.calls.call_state import CallState
from services.edge.calls.stream_outcome import await_outcome

SID = f"CA{1:032x}"


class FakeLog:
    """A call's log whose next event is set by the test."""

    call_sid = SID
    epoch = 1

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | Exception] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            item = await self.queue.get()
            if isinstance(item, Exception):
                raise item
            yield item


class Calls:
    """The state of the call in its log; appending its end fails `failures` times."""

    def __init__(self) -> None:
        self.state = CallState(0, "clinic", stream_epoch=1)
        self.failures = 0
        self.attempts = 0
        self.ended: list[str] = []

    async def load(self, _bus: object, _sid: str) -> CallState:
        """Load the state of the call."""
        return self.state

    async def end(self, _bus: object, _sid: str, reason: str) -> bool:
        """Append the call's end, or fail."""
        self.attempts += 1
        if self.attempts <= self.failures:
            raise BusError("no leader")
        self.ended.append(reason)
        return True


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """A call whose stream has ended, with short waiting times."""
    calls = Calls()
    monkeypatch.setattr(stream_outcome, "load_call_state", calls.load)
    monkeypatch.setattr(stream_outcome, "end_call", calls.end)
    monkeypatch.setattr(stream_outcome, "_STATUS_TIMEOUT_S", 0.02)
    stamina.set_testing(True, attempts=6)
    yield calls
    stamina.set_testing(False)


async def outcome(log: FakeLog, reason: str, *, draining: bool = False) -> None:
    """Wait for the outcome with a resume timeout of 50 ms."""
    bus: Any = None
    call_log: Any = log
    event = asyncio.Event()
    if draining:
        event.set()
    await await_outcome(bus, call_log, reason, 0.05, event)


@pytest.mark.parametrize(("reason", "end"), [("stop", "hangup"), ("lost", "stream-lost")])
async def test_a_call_is_ended_if_nothing_follows_its_stream(calls: Calls, reason: str, end: str) -> None:
    """The reason for the call's end depends on how the stream ended."""
    await outcome(FakeLog(), reason)

    assert calls.ended == [end]


async def test_a_call_that_ends_meanwhile_is_not_ended_again(calls: Calls) -> None:
    """Twilio's status callback has ended the call."""
    log = FakeLog()
    event = Event()
    event.call_ended.reason = "completed"
    log.queue.put_nowait(event)
    await outcome(log, "lost")

    assert calls.ended == []


async def test_a_resumed_call_is_not_ended(calls: Calls) -> None:
    """The next stream supersedes this one in the log."""
    log = FakeLog()
    log.queue.put_nowait(Superseded())
    await outcome(log, "lost")

    assert calls.ended == []


async def test_a_call_that_was_resumed_without_notice_is_not_ended(calls: Calls) -> None:
    """The state is loaded again before the call is ended."""
    calls.state = CallState(0, "clinic", stream_epoch=2)
    await outcome(FakeLog(), "lost")

    assert calls.ended == []


async def test_a_draining_edge_leaves_a_lost_call_to_others(calls: Calls) -> None:
    """Another edge resumes or ends the call."""
    await outcome(FakeLog(), "lost", draining=True)

    assert calls.ended == []


async def test_a_draining_edge_ends_a_stopped_call(calls: Calls) -> None:
    """Twilio has ended the stream; no other edge handles the call."""
    await outcome(FakeLog(), "stop", draining=True)

    assert calls.ended == ["hangup"]


async def test_the_end_is_retried_while_the_bus_has_no_leader(calls: Calls) -> None:
    """The sixth attempt succeeds."""
    calls.failures = 5
    await outcome(FakeLog(), "stop")

    assert calls.ended == ["hangup"]


async def test_after_six_failures_the_end_is_abandoned(calls: Calls) -> None:
    """An error is logged, and none is raised."""
    calls.failures = 6
    await outcome(FakeLog(), "stop")

    assert (calls.ended, calls.attempts) == ([], 6)
