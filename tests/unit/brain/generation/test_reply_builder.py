"""Tests for the conversion of a model's stream into events."""

import pytest

from parley.events.envelope import Body, event_name
from parley.providers.llm import Done, TextDelta, ToolCallRequest
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause, ReplyFinished, ToolCalled
from services.brain.generation.repetitions import Spoken
from services.brain.generation.reply_builder import GOODBYE, ReplyBuilder
from services.brain.tool_call import key_of


def test_clauses_are_returned_when_they_are_complete() -> None:
    """A clause does not wait for the end of the stream."""
    builder = ReplyBuilder("r1", 1)
    builder.start(REPLY_KIND_ANSWER)

    assert builder.on_chunk(TextDelta("Sure")) == []
    assert builder.on_chunk(TextDelta(". I")) == [ReplyClause(reply_id="r1", clause=0, text="Sure. ")]
    assert [event_name(body) for body in builder.on_chunk(Done("stop"))] == [
        "reply_clause",
        "reply_finished",
    ]


def test_tools_are_called_after_the_text_with_unique_ids() -> None:
    """A model's own ids need not be unique within a call."""
    builder = ReplyBuilder("r7", 3)
    builder.on_chunk(ToolCallRequest("call_1", "a", "{}"))
    builder.on_chunk(ToolCallRequest("call_1", "b", "{}"))

    finished, *calls = builder.on_chunk(Done("tool_calls"))
    assert finished.clauses == 0
    assert len({call.tool_call_id for call in calls}) == 2


def tool_call_ids(builder: ReplyBuilder, *requests: ToolCallRequest) -> list[str]:
    """Return the ids under which the builder calls these tools."""
    for request in requests:
        builder.on_chunk(request)
    _, *calls = builder.on_chunk(Done("tool_calls"))
    return [call.tool_call_id for call in calls]


def test_a_repeated_answer_calls_a_tool_with_the_same_id() -> None:
    """The next owner may not have the first answer in its log; the tool's service then works only once."""
    friday = ToolCallRequest("call_1", "book", '{"day": "friday", "at": 9}')
    reordered = ToolCallRequest("call_9", "book", '{"at": 9, "day": "friday"}')
    monday = ToolCallRequest("call_9", "book", '{"day": "monday"}')
    cancel = ToolCallRequest("call_9", "cancel", friday.arguments)

    first = tool_call_ids(ReplyBuilder("r7", 3), friday)
    assert tool_call_ids(ReplyBuilder("r9", 3), reordered) == first
    assert tool_call_ids(ReplyBuilder("r9", 4), reordered) != first
    assert tool_call_ids(ReplyBuilder("r9", 3), monday) != first
    assert tool_call_ids(ReplyBuilder("r9", 3), cancel) != first


def test_a_repeated_tool_call_has_another_id() -> None:
    """Each call in the log has its own id; the idempotency key is the first one's."""
    look = ToolCallRequest("x", "look", "no JSON")
    [first] = tool_call_ids(ReplyBuilder("r1", 1), look)
    [second] = tool_call_ids(ReplyBuilder("r2", 1, used_tool_call_ids=[first]), look)

    assert first != second
    assert key_of(second) == key_of(first) == first


def test_a_call_does_not_end_without_a_goodbye() -> None:
    """An end_call without text is given a goodbye."""
    builder = ReplyBuilder("r1", 1, frozenset({"end_call"}))
    builder.on_chunk(ToolCallRequest("x", "end_call", "{}"))

    assert builder.on_chunk(Done("tool_calls"))[0].text == GOODBYE


def test_an_error_before_any_text_becomes_an_apology() -> None:
    """The caller never waits in silence."""
    builder = ReplyBuilder("r1", 1)

    assert [body.text for body in builder.fail("Sorry.") if isinstance(body, ReplyClause)] == ["Sorry."]


def test_an_error_within_an_answer_keeps_its_text() -> None:
    """The reply is finished, so that no stage waits for more text."""
    builder = ReplyBuilder("r1", 1)
    builder.on_chunk(TextDelta("We open at nine. And "))

    *texts, finished = builder.fail("Sorry.")
    assert [body.text for body in texts] == ["And "]
    assert (finished.clauses, finished.reason) == (2, "error")


def text_of(bodies: list[Body]) -> str:
    """Return the text of the clauses."""
    return "".join(body.text for body in bodies if isinstance(body, ReplyClause))


def finished(bodies: list[Body]) -> ReplyFinished:
    """Return the end of the reply."""
    [found] = [body for body in bodies if isinstance(body, ReplyFinished)]
    return found


@pytest.mark.parametrize("text", ["", "   \n", "...", " ... \n ", "**", "\ud800", "<think></think>"])
@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
def test_an_answer_without_content_is_no_answer(text: str, reason: str) -> None:
    """No clause of it has been emitted, so the next attempt goes unnoticed."""
    builder = ReplyBuilder("r1", 1)

    assert builder.on_chunk(TextDelta(text)) == []
    assert builder.is_empty
    assert not builder.has_content
    assert not builder.has_answer(reason)


def test_dots_before_the_answer_are_not_spoken() -> None:
    """The answer itself is."""
    builder = ReplyBuilder("r1", 1)
    bodies = builder.on_chunk(TextDelta("... Yes"))

    assert bodies == []
    assert builder.has_answer("stop")
    assert text_of(builder.on_chunk(Done("stop"))) == "Yes"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("We open at nine. We close at", "We open at nine. "),
        ("We open at nine.", "We open at nine."),
        ("We open at nine. We close at five.", "We open at nine. We close at five."),
        ("We open", "We open"),
    ],
)
@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_answer_that_is_cut_off_ends_with_its_last_sentence(text: str, spoken: str, reason: str) -> None:
    """If there is only one sentence, it is spoken as far as it goes."""
    builder = ReplyBuilder("r1", 1)
    bodies = builder.on_chunk(TextDelta(text)) + builder.on_chunk(Done(reason))

    assert text_of(bodies) == spoken
    assert finished(bodies).reason == "length"


def test_a_tool_call_that_is_cut_off_is_no_call() -> None:
    """The text before it is spoken."""
    builder = ReplyBuilder("r1", 1)
    builder.on_chunk(ToolCallRequest("x", "book", '{"day": "fri'))
    assert not builder.has_answer("length")
    assert builder.has_answer("tool_calls")

    builder.on_chunk(TextDelta("I will book it."))
    bodies = builder.on_chunk(Done("length"))
    assert text_of(bodies) == "I will book it."
    assert not any(isinstance(body, ToolCalled) for body in bodies)


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "function_call", "interrupted", "error", ""])
def test_the_reason_of_the_end_does_not_depend_on_what_a_server_calls_it(reason: str) -> None:
    """With `tool_calls` and without a call, the turn would be answered again and again."""
    spoken, calling = ReplyBuilder("r1", 1), ReplyBuilder("r2", 1)
    spoken.on_chunk(TextDelta("Yes."))
    calling.on_chunk(ToolCallRequest("x", "look", "{}"))

    assert finished(spoken.on_chunk(Done(reason))).reason == "stop"
    assert finished(calling.on_chunk(Done(reason))).reason == "tool_calls"


def test_tool_calls_are_ignored_where_they_are_not_allowed() -> None:
    """A server may ignore the choice."""
    builder = ReplyBuilder("r1", 1, tools_allowed=False)
    builder.on_chunk(ToolCallRequest("x", "look", "{}"))
    assert not builder.has_answer("tool_calls")

    builder.on_chunk(TextDelta("Nothing found."))
    assert finished(builder.on_chunk(Done("tool_calls"))).reason == "stop"


def test_a_retry_begins_without_the_tool_calls_of_the_failed_attempt() -> None:
    """They would be made twice."""
    builder = ReplyBuilder("r1", 1)
    builder.on_chunk(ToolCallRequest("x", "look", "{}"))
    builder.reset()
    builder.on_chunk(TextDelta("Yes."))

    assert not any(isinstance(body, ToolCalled) for body in builder.on_chunk(Done("stop")))


def test_a_broken_end_call_adds_no_goodbye() -> None:
    """The model receives the reason, and the call continues."""
    builder = ReplyBuilder("r1", 1, frozenset({"end_call"}))
    builder.on_chunk(ToolCallRequest("x", "end_call", "{"))

    assert text_of(builder.on_chunk(Done("tool_calls"))) == ""


def test_an_answer_that_begins_again_is_spoken_from_its_new_part() -> None:
    """A repetition alone is an answer without clauses, not a failed one."""
    builder = ReplyBuilder("r2", 1, spoken=Spoken(frozenset({"sure, we can."})))
    assert builder.on_chunk(TextDelta("Sure, we can. ")) == []
    assert builder.has_content
    assert builder.has_answer("stop")
    assert builder.on_chunk(Done("stop")) == [ReplyFinished(reply_id="r2", clauses=0, reason="stop")]


@pytest.mark.parametrize(("text", "spoken"), [("Which day?", ["Which day?"]), ("Which", [])])
def test_an_interrupted_answer_has_its_complete_sentences(text: str, spoken: list[str]) -> None:
    """The next answer would begin after them."""
    builder = ReplyBuilder("r1", 1)
    builder.on_chunk(TextDelta(f"Sure. {text}"))
    *clauses, finished = builder.interrupt()
    assert [body.text for body in clauses if isinstance(body, ReplyClause)] == spoken
    assert finished == ReplyFinished(reply_id="r1", clauses=1 + len(spoken), reason="interrupted")
