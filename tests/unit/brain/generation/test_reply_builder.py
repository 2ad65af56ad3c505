"""Tests for the conversion of a model's stream into events."""

from parley.events.envelope import event_name
from parley.providers.llm import Done, TextDelta, ToolCallRequest
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause
from services.brain.generation.reply_builder import APOLOGY, GOODBYE, ReplyBuilder


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
    """A repetition within an answer, or across two answers to one turn, is intended."""
    look = ToolCallRequest("x", "look", "no JSON")
    first, second = tool_call_ids(ReplyBuilder("r1", 1), look, look)

    assert first != second
    assert tool_call_ids(ReplyBuilder("r2", 1, used_tool_call_ids=[first]), look) == [second]


def test_a_call_does_not_end_without_a_goodbye() -> None:
    """An end_call without text is given a goodbye."""
    builder = ReplyBuilder("r1", 1, frozenset({"end_call"}))
    builder.on_chunk(ToolCallRequest("x", "end_call", "{}"))

    assert builder.on_chunk(Done("tool_calls"))[0].text == GOODBYE


def test_an_error_before_any_text_becomes_an_apology() -> None:
    """The caller never waits in silence."""
    builder = ReplyBuilder("r1", 1)

    assert [body.text for body in builder.fail() if isinstance(body, ReplyClause)] == [APOLOGY]


def test_an_error_within_an_answer_keeps_its_text() -> None:
    """The reply is finished, so that no stage waits for more text."""
    builder = ReplyBuilder("r1", 1)
    builder.on_chunk(TextDelta("We open at nine. And "))

    *texts, finished = builder.fail()
    assert [body.text for body in texts] == ["And "]
    assert (finished.clauses, finished.reason) == (2, "error")
