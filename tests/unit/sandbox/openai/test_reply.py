"""Replies, and the faults that change what they say."""

import json

import pytest

from sandbox.openai.faults import FAULTS
from sandbox.openai.reply import Reply, limited, renamed, reply_of, with_faults
from sandbox.openai.scenario import Answer, ScriptedCall

OFFERED = ("look", "end_call")
LOOK = Answer("One moment.", (ScriptedCall("look", '{"a": 1}'),))


def faulty(fault: str, answer: Answer = LOOK) -> Reply:
    return with_faults(reply_of(answer, OFFERED), [fault], OFFERED)


def test_a_model_calls_only_the_tools_that_it_was_offered() -> None:
    """An answer that consists of another call becomes a text."""
    reply = reply_of(LOOK, OFFERED)

    assert ([call.name for call in reply.calls], reply.finish) == (["look"], "tool_calls")
    assert (reply_of(LOOK, ()).calls, reply_of(LOOK, ()).text) == ((), "One moment.")
    assert reply_of(Answer("", LOOK.calls), ()).text == "I see."
    assert reply_of(Answer(""), ()).text == ""


def test_the_tokens_add_up_to_the_text() -> None:
    """White space at the end is a token too."""
    assert Reply("Good day, Ann.").tokens == ("Good", " day", ",", " Ann", ".")
    assert "".join(Reply(" \n ").tokens) == " \n "


def test_limits_cut_a_reply() -> None:
    """A stop sequence ends it normally, the number of tokens does not."""
    reply = Reply("One two three four.")

    assert limited(reply, 2, ()).text == "One two"
    assert limited(reply, 2, ()).finish == "length"
    assert limited(reply, None, ("x", " three")).text == "One two"
    assert limited(reply, None, (" three",)).finish == "stop"
    assert limited(reply, 5, ("",)) == reply


@pytest.mark.parametrize(
    ("fault", "text", "finish", "calls"),
    [
        ("empty", "", "stop", []),
        ("whitespace", " \n\n ", "stop", []),
        ("length_no_text", "", "length", []),
        ("length_mid", "One", "length", []),
        ("content_filter", "One", "content_filter", []),
        ("refusal", "", "stop", []),
        ("unknown_tool", "One moment.", "tool_calls", ["no_such_tool"]),
        ("double_tool_call", "One moment.", "tool_calls", ["look", "look"]),
        ("end_call_beside", "One moment.", "tool_calls", ["look", "end_call"]),
        ("tool_loop", "", "tool_calls", ["look"]),
    ],
)
def test_a_fault_changes_the_reply(fault: str, text: str, finish: str, calls: list[str]) -> None:
    """The finish reason follows."""
    reply = faulty(fault)

    assert (reply.text, reply.finish, [call.name for call in reply.calls]) == (text, finish, calls)
    assert len({call.id for call in reply.calls}) == len(calls)


def test_thoughts_are_part_of_the_text() -> None:
    """The answer follows them."""
    assert faulty("think_text").text.startswith("<think>")
    assert not faulty("think_no_open").text.startswith("<think>")
    assert all(
        faulty(fault).text.endswith("</think>\n\nOne moment.") for fault in ("think_text", "think_no_open")
    )


def test_arguments_may_be_invalid() -> None:
    """No JSON, a list, or an empty string."""
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(faulty("broken_arguments").calls[0].arguments)
    assert json.loads(faulty("array_arguments").calls[0].arguments) == [{"a": 1}]
    assert faulty("empty_arguments").calls[0].arguments == ""


def test_texts_that_are_not_spoken_words() -> None:
    """A tool call as text has no calls."""
    assert "<tool_call>" in faulty("tool_as_text").text
    assert faulty("tool_as_text").calls == ()
    assert "**One moment.**" in faulty("markdown").text


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_fails_without_tools_and_text(fault: str) -> None:
    """Faults of other layers do not change the reply."""
    with_faults(reply_of(Answer(""), ()), [fault], ())


def test_calls_get_ids_of_another_form() -> None:
    """As other servers make them."""
    assert [call.id for call in renamed(reply_of(LOOK, OFFERED), lambda: "abc").calls] == ["abc"]
