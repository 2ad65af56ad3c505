"""The past is fenced off, and nothing is met twice."""

from parley.events.fencing import EventFence
from parley.v1.speech_pb2 import SpeechStarted
from tests.event_factories import event


def test_an_event_is_admitted_once() -> None:
    """The live copy and the stored copy of an event count as one."""
    fence = EventFence()

    assert fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=1))
    assert not fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=1))


def test_a_past_owner_is_not_heard() -> None:
    """A stalled owner that wakes up cannot speak over its successor."""
    fence = EventFence()
    fence.admit(event(SpeechStarted(), stage="stt", epoch=2, sequence=1))

    assert not fence.admit(event(SpeechStarted(), stage="stt", epoch=1, sequence=7))
    assert fence.admit(event(SpeechStarted(), stage="brain", epoch=1, sequence=1)), (
        "each stage has epochs of its own"
    )
    assert fence.epoch_of("stt") == 2
