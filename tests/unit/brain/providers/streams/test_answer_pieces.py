"""The pieces of an answer that the readers of all protocols count alike, and its end."""

from parley.providers.llm import Done, TextDelta, TokenUsage, ToolCallRequest
from services.brain.providers.streams.answer_pieces import AnswerPieces

CALL = ToolCallRequest("call_1", "book_table", "{}")


def test_text_and_parts_of_tool_calls_are_counted() -> None:
    pieces = AnswerPieces()
    seen = [(pieces.count, pieces.in_tool_call)]
    for step in (
        lambda: pieces.add_text("Yes. "),
        lambda: pieces.add_text(""),
        lambda: pieces.add_text("  "),
        pieces.add_tool_call_part,
        lambda: pieces.add_text("One moment."),
    ):
        step()
        seen.append((pieces.count, pieces.in_tool_call))
    assert seen == [(0, False), (1, False), (1, False), (1, False), (2, True), (3, False)]


def test_more_of_a_call_must_follow_until_it_may_be_complete() -> None:
    """The name alone is a part of it; text ends it."""
    pieces = AnswerPieces()
    seen = []
    for fragment in ("", '{"a"', ': "b"} ', ', "c"', None):
        pieces.add_tool_call_part(fragment)
        seen.append(pieces.awaits_arguments)
    assert seen == [True, True, False, True, False]
    pieces.add_tool_call_part()
    pieces.end_tool_call()
    assert not pieces.awaits_arguments


def test_text_that_may_be_a_tool_call_counts_as_a_part_of_one() -> None:
    pieces = AnswerPieces(["book_table"])
    assert pieces.add_text('<tool_call>{"name": "book_table",') == []
    assert (pieces.count, pieces.in_tool_call) == (1, True)


def test_an_ordinary_end_takes_its_reason_from_the_calls() -> None:
    usage = TokenUsage(input=3, output=2)
    assert AnswerPieces().finish([], None) == [Done("stop")]
    assert AnswerPieces().finish([CALL], usage) == [CALL, usage, Done("tool_calls")]
    assert AnswerPieces().finish([CALL], None, "length") == [CALL, Done("length")]


def test_calls_written_as_text_count_only_without_others() -> None:
    written = '<tool_call>{"name": "book_table", "arguments": {}}</tool_call>'
    pieces = AnswerPieces(["book_table"])
    assert pieces.add_text(f"Yes. {written}") == [TextDelta("Yes. ")]
    call, done = pieces.finish([], None)
    assert isinstance(call, ToolCallRequest)
    assert (call.name, done) == ("book_table", Done("tool_calls"))
    pieces = AnswerPieces(["book_table"])
    pieces.add_text(written)
    assert pieces.finish([CALL], None) == [CALL, Done("tool_calls")]
