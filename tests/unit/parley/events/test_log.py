"""The events that a call's log appends, yields and measures, without a server."""

from typing import cast

import pytest
from prometheus_client import CollectorRegistry, Histogram

from parley.bus import Subscription
from parley.clock import now_us
from parley.errors import Superseded
from parley.events.log import CallEventLog
from parley.events.outbox import Outbox
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from tests.event_factories import event
from tests.unit.parley.fake_log import BUS, FakeOutbox, FakeSubscription


def log_of(*live: Event, outbox: FakeOutbox | None = None, delay: Histogram | None = None) -> CallEventLog:
    subscription = cast("Subscription", FakeSubscription(*live))
    return CallEventLog(
        BUS, cast("Outbox", outbox or FakeOutbox()), subscription, "CA1", "brain", 2, bus_delay=delay
    )


async def test_an_appended_event_has_the_stage_epoch_and_sequence() -> None:
    """Its message id makes a resent event a duplicate."""
    outbox = FakeOutbox()
    call_log = log_of(outbox=outbox)
    await call_log.append(SpeechStarted(at_ms=1))
    await call_log.append(TurnEnded(turn=1))

    assert [(subject, sent.id, message_id) for subject, sent, message_id in outbox.published] == [
        ("call.CA1.speech.started", "brain-2-1", "CA1:brain-2-1"),
        ("call.CA1.turn.ended", "brain-2-2", "CA1:brain-2-2"),
    ]


async def test_own_and_duplicate_events_are_not_yielded() -> None:
    """A stage receives its own events from `append`."""
    other = event(SpeechStarted(), stage="stt", sequence=1)
    call_log = log_of(other, event(TurnEnded(), stage="brain", epoch=2, sequence=1), other)
    await call_log.append(TurnEnded())

    assert [one.id async for one in call_log] == [other.id]


async def test_an_event_of_a_later_owner_raises_superseded() -> None:
    """The process notices that another one has taken its stage over."""
    with pytest.raises(Superseded):
        [one async for one in log_of(event(TurnEnded(), stage="brain", epoch=3))]


async def test_the_bus_delay_of_each_event_read_is_observed() -> None:
    """Its stage is the label; own events are not observed."""
    registry = CollectorRegistry()
    delay = Histogram("delay", "Delay", ["stage"], registry=registry)
    sent = event(SpeechStarted(), stage="stt", sequence=1)
    sent.sent_at_us = now_us() - 2_000_000
    call_log = log_of(sent, delay=delay)
    await call_log.append(TurnEnded())
    assert [one.id async for one in call_log] == [sent.id]

    assert registry.get_sample_value("delay_count", {"stage": "stt"}) == 1
    assert registry.get_sample_value("delay_sum", {"stage": "stt"}) == pytest.approx(2.0, abs=0.5)
    assert registry.get_sample_value("delay_count", {"stage": "brain"}) is None


async def test_a_failing_observer_affects_neither_the_call_nor_other_observers() -> None:
    """It is not called again, so that one fault is logged only once."""
    calls: list[str] = []
    seen: list[str] = []

    def fail(one: Event) -> None:
        calls.append(one.id)
        raise ValueError

    other = event(SpeechStarted(), stage="stt", sequence=1)
    call_log = log_of(other)
    call_log.add_observer(fail)
    call_log.add_observer(lambda one: seen.append(one.id))
    own = await call_log.append(TurnEnded())

    assert [one.id async for one in call_log] == [other.id]
    assert calls == [own.id]
    assert seen == [own.id, other.id]
