"""A stage's events are restored to the order in which it appended them."""

from parley.events.ordering import restore_stage_order
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted
from tests.event_factories import event


def sent(stage: str, sequence: int, epoch: int = 1) -> Event:
    return event(SpeechStarted(), stage=stage, epoch=epoch, sequence=sequence)


def test_a_resent_event_returns_to_its_position() -> None:
    """Only events of the same stage and owner exchange positions."""
    events = [sent("stt", 1), sent("brain", 2), sent("stt", 2), sent("brain", 3), sent("brain", 1)]

    assert [e.id for e in restore_stage_order(events)] == [
        "stt-1-1",
        "brain-1-1",
        "stt-1-2",
        "brain-1-2",
        "brain-1-3",
    ]


def test_events_of_the_next_owner_stay_after_those_of_the_previous_one() -> None:
    """They stay after those of the previous owner, although their sequence starts at 1 again."""
    events = [sent("stt", 7), sent("stt", 8), sent("stt", 1, epoch=2)]

    assert restore_stage_order(events) == events


def test_events_without_an_owner_keep_their_positions() -> None:
    """The end of a call may have a lower sequence than earlier events."""
    events = [sent("webhook", 1, epoch=0), sent("webhook", 1007, epoch=0), sent("webhook", 2, epoch=0)]

    assert restore_stage_order(events) == events
