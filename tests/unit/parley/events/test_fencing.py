"""Events of a stale owner and duplicate events are discarded."""

from parley.events.fencing import EventFence
from parley.v1.speech_pb2 import SpeechStarted
from tests.event_factories import event


def test_an_event_is_admitted_once() -> None:
    """The live copy and the stored copy of an event count as one."""
    fence = EventFence()

    assert fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=1))
    assert not fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=1))


def test_events_of_a_stale_owner_are_discarded() -> None:
    """A frozen owner that resumes cannot interfere with the next owner."""
    fence = EventFence()
    fence.admit(event(SpeechStarted(), stage="stt", epoch=2, sequence=1))

    assert not fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=7))
    assert fence.admit(event(SpeechStarted(), stage="brain", epoch=1, sequence=1)), (
        "each stage has its own epochs"
    )


def test_stale_events_are_counted_once() -> None:
    """An event that is read live and again from the stream counts once; a repetition is not stale."""
    fence = EventFence()
    first = event(SpeechStarted(), stage="stt", epoch=1, sequence=1)
    fence.admit(first)
    fence.admit(event(SpeechStarted(), stage="stt", epoch=2, sequence=1))
    for _ in range(2):
        fence.admit(first)
        fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=2))

    assert fence.counts.stale_events == 1
