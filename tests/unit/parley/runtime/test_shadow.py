"""A shadow's log reads live calls and publishes nothing."""

from typing import cast

from parley.bus import Subscription
from parley.events.outbox import Outbox
from parley.runtime.shadow import ShadowCallLog
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from tests.event_factories import event
from tests.unit.parley.fake_log import BUS, FakeOutbox, FakeSubscription


async def test_a_shadow_publishes_nothing() -> None:
    """The shadow reports what it would append and what it reads."""
    outbox, read = FakeOutbox(), event(SpeechStarted(), stage="stt", sequence=1)
    subscription = cast("Subscription", FakeSubscription(read))
    shadow = ShadowCallLog(BUS, cast("Outbox", outbox), subscription, "CA1", "brain-shadow", 0)
    would_append: list[Event] = []
    events: list[Event] = []
    shadow.on_would_append, shadow.on_event = would_append.append, events.append
    await shadow.append(TurnEnded(turn=1))
    assert [one.id async for one in shadow] == [read.id]

    assert outbox.published == []
    assert [one.turn_ended.turn for one in would_append] == [1]
    assert [one.id for one in events] == [read.id]
