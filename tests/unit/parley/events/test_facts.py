"""The facts of a call that all stages need."""

from functools import reduce

from parley.events.envelope import Body
from parley.events.facts import FACTS, CallFacts, StageOwner, evolve
from parley.v1.call_pb2 import CallEnded, CallStarted, StreamStarted, StreamStopped
from parley.v1.reply_pb2 import FallbackRequested
from parley.v1.work_pb2 import CallRecorded, StageClaimed, StageReleased
from tests.event_factories import START_US, event, events_of


def facts_of(*bodies: Body) -> CallFacts:
    return reduce(
        evolve, events_of(*((n * 1000, body) for n, body in enumerate(bodies)), stage="tts"), CallFacts()
    )


def test_call_time_starts_with_the_first_event() -> None:
    """A call without events has no clock yet."""
    assert CallFacts().clock is None
    found = facts_of(CallStarted(agent="front"), CallStarted(agent="other"))
    assert found.clock is not None
    assert found.clock.started_at_us == START_US
    assert found.started is not None
    assert found.started.call_started.agent == "front"


def test_the_facts_are_those_of_the_events() -> None:
    """Each is false before its event."""
    before = facts_of(CallStarted(), StreamStarted())
    assert (before.ended, before.fallback_requested, before.recorded, before.stream_open) == (
        *(None, False, False),
        True,
    )
    after = facts_of(
        CallStarted(),
        StreamStarted(),
        StreamStopped(),
        FallbackRequested(reason="llm_unavailable"),
        CallEnded(reason="completed"),
        CallRecorded(),
    )
    assert after.ended is not None
    assert after.ended.call_ended.reason == "completed"
    assert (after.fallback_requested, after.recorded, after.stream_open) == (True, True, False)


def test_only_the_last_owner_can_release_a_stage() -> None:
    """An owner that was frozen gives back what it no longer has."""
    events = [
        event(StageClaimed(), stage="tts", epoch=1),
        event(StageClaimed(), stage="tts", epoch=2),
        event(StageReleased(), stage="tts", epoch=1),
        event(StageReleased(), stage="stt", epoch=1),
    ]
    assert reduce(evolve, events, CallFacts()).owners == {"tts": StageOwner(2)}
    released = event(StageReleased(), stage="tts", epoch=2)
    assert reduce(evolve, [*events, released], CallFacts()).owners == {"tts": StageOwner(2, released=True)}


def test_the_facts_can_be_stored() -> None:
    """They are part of every snapshot."""
    found = facts_of(CallStarted(agent="front"), StageClaimed(), CallEnded())
    assert FACTS.codec is not None
    assert FACTS.codec.decode(FACTS.codec.encode(found)) == found
