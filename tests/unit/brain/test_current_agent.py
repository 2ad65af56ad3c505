"""Tests for the agent that serves a call at present."""

from functools import reduce

from parley.v1.handoff_pb2 import AgentChanged, LanguageChanged
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import turn_ended


def changed(agent: str, call_id: str, *, version: str = "", greeting: str = "") -> AgentChanged:
    return AgentChanged(
        agent=agent,
        version=version,
        from_agent="front",
        reply_id="r1",
        tool_call_id=call_id,
        greeting=greeting,
    )


def test_replies_belong_to_the_agent_at_their_start() -> None:
    """A reply that is still being played keeps its agent."""
    first, second = reply_events("r1", 1, "Moment."), reply_events("r2", 1, "Sales.")
    events = [turn_ended(1, "buy"), *first, event(changed("sales", "t1", version="v1")), *second]

    conversation = reduce(evolve, events, Conversation())

    assert [reply.agent for reply in conversation.replies] == ["", "sales"]
    assert conversation.agent.versions == {"sales": "v1"}
    assert conversation.agent.passed_by == ("front",)


def test_a_hand_off_keeps_the_language_of_the_call() -> None:
    """Replies belong to the language at their start."""
    german = event(LanguageChanged(language="de", turn=1))
    events = [*reply_events("r1", 1, "Hello."), german, event(changed("sales", "t1"))]

    conversation = reduce(evolve, [*events, *reply_events("r2", 1, "Guten Tag.")], Conversation())

    assert [(reply.agent, reply.language) for reply in conversation.replies] == [("", ""), ("sales", "de")]
    assert conversation.agent.language_turn == 1


def test_a_repeated_event_changes_nothing() -> None:
    """The next owner repeats a tool call without a result."""
    once = reduce(evolve, [event(changed("sales", "t1"))], Conversation())

    assert evolve(once, event(changed("sales", "t1"))).agent == once.agent
    assert evolve(once, event(changed("front", "t2"))).agent.changes == 2


def test_words_of_the_caller_allow_further_hand_offs() -> None:
    """Only hand-offs in a row form a circle."""
    conversation = reduce(evolve, [event(changed("sales", "t1")), turn_ended(1, "hello")], Conversation())

    assert conversation.agent.passed_by == ()


def test_a_greeting_is_due_until_a_reply_starts() -> None:
    """The next owner greets if the previous one did not."""
    greeting = event(changed("sales", "t1", greeting="Sales here."))

    assert reduce(evolve, [greeting], Conversation()).agent.greeting == "Sales here."
    spoken = reduce(evolve, [greeting, *reply_events("r2", 0, "Sales here.")], Conversation())
    assert spoken.agent.greeting == ""
