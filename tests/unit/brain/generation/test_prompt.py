"""What the model is told."""

from functools import reduce

from parley.agent_config import AgentConfig
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ReplyCancelled, ToolCalled, ToolReturned
from services.brain.conversation import Conversation, evolve
from services.brain.generation.prompt import messages
from tests.unit.brain.event_factories import event, playing, reply, turn, voiced

AGENT = AgentConfig(prompt="Be kind.")


def told(*events: Event) -> list[tuple[str, str | None]]:
    known = reduce(evolve, events, Conversation())
    return [(message["role"], message["content"]) for message in messages(AGENT, known)]


def test_both_sides_are_told_in_order() -> None:
    """The prompt first."""
    assert told(*reply("r1", 0, "Hello. ", "Yes?"), turn(1, "hi"), *reply("r2", 1, "Good.")) == [
        ("system", "Be kind."),
        ("assistant", "Hello. Yes?"),
        ("user", "hi"),
        ("assistant", "Good."),
    ]


def test_the_model_knows_what_was_not_heard() -> None:
    """An interrupted sentence ends where the caller stopped hearing it."""
    log = [*reply("r1", 0, "one two three"), *voiced("r1", "one two three"), *playing("r1")]
    cut = [event(ReplyCancelled(reply_id="r1")), event(BargeIn(reply_id="r1", played_samples=210 * 8))]

    assert told(*log, *cut)[1:] == [("assistant", "one two —")]


def test_an_answer_that_nobody_heard_was_not_given() -> None:
    """Nothing of it is told."""
    assert told(turn(1, "a"), *reply("r1", 1, "x"), event(ReplyCancelled(reply_id="r1")), turn(2, "b"))[
        1:
    ] == [
        ("user", "a"),
        ("user", "b"),
    ]


def test_tools_are_told_with_their_results() -> None:
    """As chat completions want it: the call in the assistant's message, then the result by id."""
    called = event(ToolCalled(tool_call_id="r1-t1", name="look", arguments="{}", reply_id="r1"))
    returned = event(ToolReturned(tool_call_id="r1-t1", result='{"a": 1}'))
    log = [turn(1, "a"), *reply("r1", 1, "Wait."), called, returned]
    known = reduce(evolve, log, Conversation())
    assistant, tool = messages(AGENT, known)[2:]

    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"] == "r1-t1"
    assert (assistant["content"], tool["content"]) == ("Wait.", '{"a": 1}')


def test_a_successor_is_told_to_go_on_in_mid_sentence() -> None:
    """The last message says so."""
    log = [turn(1, "a"), *reply("r1", 1, "We open ", reason="interrupted")]

    assert told(*log)[-1][0] == "system"
