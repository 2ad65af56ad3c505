"""A stage's events in the order of its saying them."""

from parley.events.ordering import restore_stage_order
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted
from tests.event_factories import event


def sent(stage: str, sequence: int, epoch: int = 1) -> Event:
    return event(SpeechStarted(), stage=stage, epoch=epoch, sequence=sequence)


def test_what_was_said_again_goes_back_to_its_place() -> None:
    """Among those of its own stage and owner; the others stay where they are."""
    events = [sent("stt", 1), sent("brain", 2), sent("stt", 2), sent("brain", 3), sent("brain", 1)]

    assert [e.id for e in restore_stage_order(events)] == [
        "stt-1-1",
        "brain-1-1",
        "stt-1-2",
        "brain-1-2",
        "brain-1-3",
    ]


def test_an_owner_comes_after_the_one_before() -> None:
    """Its count begins anew."""
    events = [sent("stt", 7), sent("stt", 8), sent("stt", 1, epoch=2)]

    assert restore_stage_order(events) == events


def test_what_is_said_without_an_owner_stays_where_it_is() -> None:
    """A call's end may have a lower number than what came before it."""
    events = [sent("webhook", 1, epoch=0), sent("webhook", 1007, epoch=0), sent("webhook", 2, epoch=0)]

    assert restore_stage_order(events) == events
