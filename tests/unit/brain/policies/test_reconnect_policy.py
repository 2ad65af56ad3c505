"""Tests for the behaviour after a lost media stream."""

from functools import reduce

from parley.agent_config import AgentConfig, Reconnect
from parley.v1.call_pb2 import StreamResuming
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_GREETING,
    REPLY_KIND_RECONNECTED,
    HangUpRequested,
    ReplyCancelled,
    ReplyClause,
    ReplyStarted,
)
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.reconnect_policy import greeting_to_repeat, needs_apology
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_started

APOLOGISING = AgentConfig(prompt="x", reconnect=Reconnect(resume="apology"))
STREAM_LOST = event(StreamResuming(epoch=1, method="rest"))
SPEAKING = [*reply_events("r1", 1, "We open at nine."), *playback_started("r1")]


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_the_agent_apologises_once_for_each_lost_stream() -> None:
    """This applies if the agent file enables apologies."""
    apology = event(ReplyStarted(reply_id="r2", kind=REPLY_KIND_RECONNECTED))
    lost_again = event(StreamResuming(epoch=2))

    assert not needs_apology(fold(*SPEAKING), APOLOGISING)
    assert needs_apology(fold(*SPEAKING, STREAM_LOST), APOLOGISING)
    assert not needs_apology(fold(*SPEAKING, STREAM_LOST, apology), APOLOGISING)
    assert needs_apology(fold(*SPEAKING, STREAM_LOST, apology, lost_again), APOLOGISING)


def test_the_reply_resumes_by_default() -> None:
    """A goodbye is never interrupted by an apology."""
    leaving = event(HangUpRequested(after_reply_id="r1"))

    assert not needs_apology(fold(*SPEAKING, STREAM_LOST), AgentConfig(prompt="x"))
    assert not needs_apology(fold(*SPEAKING, leaving, STREAM_LOST), APOLOGISING)


def test_a_greeting_that_must_be_played_whole_is_repeated() -> None:
    """Only if it was cut, and once."""
    notice = event(ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING, uninterruptible=True))
    greeting = event(ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING))
    cut = event(ReplyCancelled(reply_id="r1", reason="stream_lost"))
    again = event(ReplyStarted(reply_id="r2", kind=REPLY_KIND_GREETING, uninterruptible=True))

    text = event(ReplyClause(reply_id="r1", text="This call is recorded."))
    assert greeting_to_repeat(fold(notice, text, cut)) == "This call is recorded."
    assert not greeting_to_repeat(fold(notice, text))
    assert not greeting_to_repeat(fold(greeting, text, cut))
    assert not greeting_to_repeat(fold(notice, text, cut, again))
    after = event(ReplyStarted(reply_id="r3", kind=REPLY_KIND_GREETING))
    assert greeting_to_repeat(fold(notice, text, after, cut)) == "This call is recorded."
