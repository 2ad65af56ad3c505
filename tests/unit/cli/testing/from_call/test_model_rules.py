"""Rules that repeat the answers of a call."""

from typing import Any

from cli.testing.from_call.model_rules import model_rules
from parley.v1.call_pb2 import CallStarted
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, DtmfCollected, ReplyCancelled, ReplyFinished, ReplyStarted
from sandbox.openai.scenario import parse_scenario
from tests.unit.cli.testing.call_events import outcome, reply, tool, turn


def test_a_tool_and_the_answer_to_its_result_are_two_rules() -> None:
    call = outcome(
        (0, CallStarted()),
        turn(1, "A visit, please!", 1000),
        (1100, ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER)),
        *tool("t1", "book", '{"day": "monday"}', "{}", 1200),
        (1200, ReplyFinished(reply_id="r2", reason="tool_calls")),
        *reply("r3", 1, "It is {booked}.", 2000),
    )
    rules = model_rules(call)

    assert rules[0] == {
        "when": r"a\W+visit\W+please",
        "call": [{"name": "book", "arguments": {"day": "monday"}}],
    }
    scenario = parse_scenario({"rules": rules}, "x")
    question = {"role": "user", "content": "a visit - please"}
    calls = [{"id": "1", "function": {"name": "book", "arguments": "{}"}}]
    result: list[Any] = [
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "1"},
    ]
    assert scenario.answer([question]).calls[0].name == "book"
    assert scenario.answer([question, *result]).text == "It is {booked}."


def test_the_same_words_twice_are_distinguished_by_their_turn() -> None:
    """Discarded speculations are not repeated."""
    call = outcome(
        (0, CallStarted()),
        turn(1, "Yes.", 1000),
        *reply("r2", 1, "Guess.", 900)[:3],
        (950, ReplyCancelled(reply_id="r2", reason="speculation")),
        *reply("r3", 1, "First.", 1100),
        turn(2, "Yes", 5000),
        *reply("r4", 2, "Second.", 5100),
    )
    scenario = parse_scenario({"rules": model_rules(call)}, "x")
    users = [{"role": "user", "content": "yes"}, {"role": "assistant", "content": "First."}]

    assert scenario.answer(users[:1]).text == "First."
    assert scenario.answer([*users, users[0]]).text == "Second."


def test_the_answer_to_pressed_keys_is_found_by_the_keys() -> None:
    """It belongs to the turn before them."""
    call = outcome(
        (0, CallStarted()),
        turn(1, "Hello.", 1000),
        *reply("r2", 1, "Press a key.", 1100),
        (4000, DtmfCollected(digits="1*")),
        *reply("r3", 1, "One it is.", 4100),
        *reply("r4", 2, "Sure.", 6900),
        turn(2, "Thanks.", 7000),
    )
    scenario = parse_scenario({"rules": model_rules(call)}, "x")

    answers = [
        scenario.answer([{"role": "user", "content": text}]).text
        for text in ("hello", "[keys pressed: 1 *]", "thanks")
    ]
    assert answers == ["Press a key.", "One it is.", "Sure."]


def test_redacted_rules_expect_the_redacted_words_and_keys() -> None:
    call = outcome(
        (0, CallStarted()),
        turn(1, "It is 98765.", 1000),
        *reply("r2", 1, "Noted.", 1100),
        (4000, DtmfCollected(digits="43210#")),
        *reply("r3", 1, "Thanks.", 4100),
    )

    assert [rule["when"] for rule in model_rules(call, redacted=True)] == [
        r"it\W+is\W+55501",
        r"keys pressed: 5\ 5\ 5\ 0\ 1\ \#\]",
    ]
