"""The stored log of a call, from which its record is computed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from parley.errors import BusError
from parley.events.fencing import EventFence
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import TurnEnded
from services.recorder import stored_log
from services.recorder.stored_log import StoredLog
from tests.event_factories import events_of

EVENTS = events_of(
    (0, CallStarted(agent="clinic")),
    (2000, TurnEnded(turn=1, text="Hi", speech_end_ms=1900)),
    (9000, CallEnded(reason="hangup")),
)
OWN = Event(stage="recorder", epoch=2, sequence=1, id="own", sent_at_us=EVENTS[-1].sent_at_us)


@dataclass
class Log:
    """A call's log of which each read finds more."""

    reads: list[list[Event] | BusError]
    stage: str = "recorder"
    epoch: int = 2
    received: EventFence = field(default_factory=EventFence)

    async def past(self, *, until_now: bool, fence: EventFence) -> AsyncIterator[Event]:
        """Yield the events of the next read."""
        assert until_now
        found = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        if isinstance(found, BusError):
            raise found
        for event in found:
            fence.admit(event)
            yield event

    def is_complete(self, stored: EventFence) -> bool:
        """Whether every event received is stored."""
        return stored.has_admitted_all_of(self.received)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_log, "_COMPLETE_INTERVAL_S", 0.001)
    monkeypatch.setattr(stored_log, "_COMPLETE_TIMEOUT_S", 0.2)


def log_of(*reads: list[Event] | BusError) -> StoredLog:
    """A log whose reader has received all of EVENTS."""
    log = Log(list(reads))
    for event in EVENTS:
        log.received.admit(event)
    return StoredLog(log, EVENTS[0])  # type: ignore[arg-type] # what is read of it


async def test_the_record_contains_every_event_that_was_received() -> None:
    """The last ones may be stored a moment later."""
    record = (await log_of(EVENTS[:2], EVENTS).record()).build("", "")

    assert (record.call.end_reason, [line.text for line in record.lines]) == ("hangup", ["Hi"])


async def test_an_event_that_is_never_stored_does_not_delay_the_record_for_ever() -> None:
    """Its sender died before it was stored."""
    record = (await log_of(EVENTS[:2]).record()).build("", "")

    assert record.call.end_reason == "unknown"


async def test_a_read_that_failed_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of the attempt that failed are counted once."""
    monkeypatch.setattr("services.recorder.retry._BUS_MIN_WAIT_S", 0.001)
    record = (await log_of(BusError("no reply"), EVENTS).record()).build("", "")

    assert [line.text for line in record.lines] == ["Hi"]


async def test_events_of_this_owner_are_left_out() -> None:
    """They report the record itself, and differ between attempts."""
    log = log_of([*EVENTS, OWN])

    assert [event async for event in log.events()] == EVENTS
