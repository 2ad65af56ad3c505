"""The order of stored events does not depend on how they are read."""

from hypothesis import given
from hypothesis import strategies as st

from parley.events.fencing import EventFence
from parley.events.ordering import restore_stage_order
from parley.events.settled_order import SettledOrder, StoredEvent
from parley.v1.event_pb2 import Event
from tests.unit.parley.events.logs import messages_of, stored_logs


def in_order(events: list[Event]) -> list[str]:
    """The ids of the events that a reader of the whole log gets."""
    fence = EventFence()
    return [one.id for one in restore_stage_order([one for one in events if fence.admit(one)])]


@given(events=stored_logs(), sizes=st.lists(st.integers(1, 20), min_size=1))
def test_batches_of_any_size_lead_to_the_same_order(events: list[Event], sizes: list[int]) -> None:
    """And at any time, the settled events are those stored up to the position."""
    order, messages, settled = SettledOrder(EventFence()), messages_of(events), list[str]()
    for size in [*sizes, len(messages)]:
        batch, messages = messages[:size], messages[size:]
        settled += [one.id for one in order.add_messages(batch)]
        read = [one for one in messages_of(events) if one.sequence <= order.position]
        fence = EventFence()
        stored = [Event.FromString(one.data) for one in read]
        assert {one.id for one in stored if fence.admit(one)} == set(settled)

    assert settled + [one.event.id for one in order.unsettled] == in_order(events)


@given(events=stored_logs(), first_s=st.integers(-3600, 3600))
def test_a_wrong_clock_does_not_let_events_pile_up(events: list[Event], first_s: int) -> None:
    """A stage's clock may be an hour fast."""
    order = SettledOrder(EventFence())
    for number in range(40):
        batch = []
        for place, one in enumerate(events):
            again = Event()
            again.CopyFrom(one)
            again.sequence += 1000 * number
            again.sent_at_us += number * 300_000_000
            if one.stage == "stt":
                again.sent_at_us += first_s * 1_000_000
            batch.append(StoredEvent(1000 * number + place, again))
        order.add(batch)
    assert len(order.unsettled) <= 2000 + 2 * len(events)
