"""Tests for the messages of a model request."""

from functools import reduce

from parley.agent_config import AgentConfig
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ConversationSummarized, ReplyCancelled, ToolCalled, ToolReturned
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.generation.prompt import _OMITTED, build_messages
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import clauses_synthesized, playback_started, turn_ended

AGENT = AgentConfig(prompt="Be kind.")


def messages(*events: Event) -> list[tuple[str, str | None]]:
    conversation = reduce(evolve, events, Conversation())
    return [(message["role"], message["content"]) for message in build_messages(AGENT, conversation)]


def test_both_sides_follow_the_prompt_in_order() -> None:
    """The greeting is the first message of the assistant."""
    greeting, answer = reply_events("r1", 0, "Hello. ", "Yes?"), reply_events("r2", 1, "Good.")

    assert messages(*greeting, turn_ended(1, "hi"), *answer) == [
        ("system", "Be kind."),
        ("assistant", "Hello. Yes?"),
        ("user", "hi"),
        ("assistant", "Good."),
    ]


def test_an_interrupted_reply_ends_with_the_last_played_word() -> None:
    """The model can refer to the rest without assuming that it was played."""
    log = [
        *reply_events("r1", 0, "one two three"),
        *clauses_synthesized("r1", "one two three"),
        *playback_started("r1"),
    ]
    cut = [event(ReplyCancelled(reply_id="r1")), event(BargeIn(reply_id="r1", played_samples=210 * 8))]

    assert messages(*log, *cut)[1:] == [("assistant", "one two —")]


def test_an_answer_that_was_not_played_is_omitted() -> None:
    """The two turns of the caller follow each other."""
    unplayed = [*reply_events("r1", 1, "x"), event(ReplyCancelled(reply_id="r1"))]

    assert messages(turn_ended(1, "a"), *unplayed, turn_ended(2, "b"))[1:] == [("user", "a"), ("user", "b")]


def test_a_tool_call_is_followed_by_its_result() -> None:
    """Chat completions require the call in the assistant's message and the result under its id."""
    called = event(ToolCalled(tool_call_id="r1-t1", name="look", arguments="{}", reply_id="r1"))
    returned = event(ToolReturned(tool_call_id="r1-t1", result='{"a": 1}'))
    log = [turn_ended(1, "a"), *reply_events("r1", 1, "Wait."), called, returned]
    conversation = reduce(evolve, log, Conversation())
    assistant, tool = build_messages(AGENT, conversation)[2:]

    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"] == "r1-t1"
    assert (assistant["content"], tool["content"]) == ("Wait.", '{"a": 1}')


def test_an_interrupted_generation_is_continued() -> None:
    """After a takeover in mid-sentence the last message instructs the model to continue."""
    log = [turn_ended(1, "a"), *reply_events("r1", 1, "We open ", reason="interrupted")]

    assert messages(*log)[-1][0] == "system"
    assert messages(*log, turn_ended(2, "What about Sunday?"))[-1] == ("user", "What about Sunday?")


def test_a_provider_gets_the_other_fields_of_its_tool_calls_back() -> None:
    """Gemini requires a signature with each call; another provider would refuse the field."""
    extra = '{"extra_content": {"google": {"thought_signature": "c2ln"}}, "id": "x", "function": {"a": 1}}'
    called = ToolCalled(
        tool_call_id="t1", name="look", arguments="{}", reply_id="r1", extra=extra, route="gemini"
    )
    log = [turn_ended(1, "a"), *reply_events("r1", 1, reason="tool_calls"), event(called)]
    conversation = reduce(evolve, log, Conversation())

    [call] = build_messages(AGENT, conversation, route="gemini")[2]["tool_calls"]
    assert call["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert (call["id"], call["function"]) == ("t1", {"a": 1, "name": "look", "arguments": "{}"})
    [call] = build_messages(AGENT, conversation, route="openai")[2]["tool_calls"]
    assert call.keys() == {"id", "type", "function"}


def test_notes_replace_the_beginning() -> None:
    """They consist of the caller's words, so they are not a system message."""
    log = [
        *reply_events("r1", 0, "Hello."),
        turn_ended(1, "I am Ann"),
        *reply_events("r2", 1, "Hello Ann."),
        *playback_started("r2"),
        event(ReplyCancelled(reply_id="r1")),
        event(ReplyCancelled(reply_id="r2")),
        turn_ended(2, "tomorrow"),
    ]
    notes = ConversationSummarized(through_reply_id="r2", through_turn=1, text="The caller is Ann.")
    system, noted, user = messages(*log, event(notes))

    assert system[1] is not None
    assert system[1].startswith("Be kind.\n\nThe beginning of this call is not shown.")
    assert noted == ("user", "[Notes on the beginning of this call]\nThe caller is Ann.")
    assert user == ("user", "tomorrow")


def test_the_prompt_mentions_omitted_parts() -> None:
    """Otherwise the model would invent what the caller said there, or deny it."""
    log = [turn_ended(1, "I am Ann"), *reply_events("r1", 1, "Hi."), event(ReplyCancelled(reply_id="r1"))]
    forgotten = ConversationSummarized(through_reply_id="r1", through_turn=1, incomplete=True)
    (role, text), user = messages(*log, turn_ended(2, "tomorrow"), event(forgotten))

    assert role == "system"
    assert text == "Be kind.\n\n" + _OMITTED
    assert user == ("user", "tomorrow")
