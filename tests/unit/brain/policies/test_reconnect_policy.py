"""What the agent does when the line is back."""

from functools import reduce

from parley.agent_config import AgentConfig, Reconnect
from parley.v1.call_pb2 import StreamResuming
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_RECONNECTED, HangUpRequested, ReplyStarted
from services.brain.conversation import Conversation, evolve
from services.brain.policies.reconnect_policy import needs_apology
from tests.unit.brain.event_factories import event, playing, reply

SORRY = AgentConfig(prompt="x", reconnect=Reconnect(resume="apology"))
LOST = event(StreamResuming(epoch=1, method="rest"))
SAYS = [*reply("r1", 1, "We open at nine."), *playing("r1")]


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_it_apologises_once_for_each_loss() -> None:
    """Where the agent file says so."""
    apology = event(ReplyStarted(reply_id="r2", kind=REPLY_KIND_RECONNECTED))

    assert not needs_apology(fold(*SAYS), SORRY)
    assert needs_apology(fold(*SAYS, LOST), SORRY)
    assert not needs_apology(fold(*SAYS, LOST, apology), SORRY)
    assert needs_apology(fold(*SAYS, LOST, apology, event(StreamResuming(epoch=2))), SORRY)


def test_otherwise_the_sentence_goes_on() -> None:
    """And a goodbye is not spoken into."""
    leaving = event(HangUpRequested(after_reply_id="r1"))

    assert not needs_apology(fold(*SAYS, LOST), AgentConfig(prompt="x"))
    assert not needs_apology(fold(*SAYS, leaving, LOST), SORRY)
