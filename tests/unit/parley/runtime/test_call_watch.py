"""Tests of the checks that a call has not ended unnoticed."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from parley.bus import Bus, Liveness, subjects
from parley.errors import BusError
from parley.events.log import CallEventLog
from parley.runtime import call_watch
from parley.runtime.call_watch import watch_call
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from tests.event_factories import event

SID = "CA1"
INTERVAL_S = 0.005


class FakeBus:
    """A bus whose media edge has a liveness, and whose log has the events of the given names."""

    def __init__(self, liveness: Liveness, *stored: str) -> None:
        self.answer = liveness
        self.stored = {subjects.call_event(SID, name) for name in stored}
        self.notices: list[str] = []
        self.noticed = asyncio.Event()
        self.probes = 0
        self.requests = self.streams = SimpleNamespace(liveness=self._liveness, last_message=self._last)

    async def _liveness(self, subject: str) -> Liveness:
        assert subject == subjects.media_alive(SID)
        self.probes += 1
        return self.answer

    async def _last(self, _stream: object, subject: str) -> object:
        return object() if subject in self.stored else None

    async def publish(self, subject: str, _data: bytes) -> None:
        """Record a notice; the first one fails."""
        self.notices.append(subject)
        if len(self.notices) == 1:
            raise BusError("not connected")
        self.noticed.set()


class FakeLog:
    """A call's log with a history, whose observer the test calls."""

    call_sid = SID
    stage = "brain"

    def __init__(self, *history: Event) -> None:
        self.facts = SimpleNamespace(ended=history[-1] if history else None)
        self.observe: Any = None

    def add_observer(self, observe: Any) -> None:
        """Keep the observer."""
        self.observe = observe


async def serve(bus: FakeBus, log: FakeLog, session: Any, *, unlimited: bool = False) -> None:
    """Serve the call with a session while it is watched."""
    watching = watch_call(cast("Bus", bus), cast("CallEventLog", log), INTERVAL_S, unlimited=unlimited)
    async with asyncio.timeout(5), watching:
        await session()


async def forever() -> None:
    """A session that does not return."""
    await asyncio.Event().wait()


async def test_an_edge_is_notified_while_no_edge_has_the_stream() -> None:
    """Again at each interval, even if the bus was not reachable."""
    bus = FakeBus(Liveness.GONE, "call_started")
    await serve(bus, FakeLog(), bus.noticed.wait)

    assert set(bus.notices) == {subjects.call_check(SID)}
    assert len(bus.notices) == 2


async def test_no_edge_is_notified_while_one_has_the_stream() -> None:
    """Only its liveness is checked."""
    bus = FakeBus(Liveness.ALIVE, "call_started")

    async def session() -> None:
        while bus.probes < 3:  # noqa: ASYNC110
            await asyncio.sleep(INTERVAL_S)

    await serve(bus, FakeLog(), session)

    assert bus.notices == []


@pytest.mark.parametrize("source", ["history", "event", "log"])
async def test_a_session_that_outlasts_its_call_is_stopped(
    monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """It has read the end, or it has not and the stream contains it."""
    monkeypatch.setattr(call_watch, "_FINISH_TIMEOUT_S", 0.02)
    bus = FakeBus(Liveness.GONE, "call_started", *(["call_ended"] if source == "log" else []))
    log = FakeLog(*([event(CallEnded())] if source == "history" else []))

    async def session() -> None:
        if source == "event":
            log.observe(event(CallStarted()))
            log.observe(event(CallEnded()))
        await forever()

    with pytest.raises(TimeoutError):
        await serve(bus, log, session)


async def test_the_recorder_may_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its storage may be down."""
    monkeypatch.setattr(call_watch, "_FINISH_TIMEOUT_S", 0.0)
    bus = FakeBus(Liveness.GONE)
    await serve(bus, FakeLog(event(CallEnded())), lambda: asyncio.sleep(0.05), unlimited=True)

    assert bus.probes == 0


@pytest.mark.parametrize("unlimited", [False, True])
async def test_a_session_is_stopped_when_the_log_is_gone(*, unlimited: bool) -> None:
    """No event can follow."""
    bus = FakeBus(Liveness.GONE)

    with pytest.raises(TimeoutError):
        await serve(bus, FakeLog(), forever, unlimited=unlimited)
