"""Tests for text that contains tool calls."""

import json

import pytest

from services.brain.providers.streams.tool_text import ToolTextFilter

NAMES = ("book_visit", "end_call")
CALL = '{"name": "book_visit", "arguments": {"day": "friday"}}'


def speech_and_calls(text: str, size: int) -> tuple[str, list[str]]:
    """Speech and names of calls, for the text in pieces of one size."""
    filtered = ToolTextFilter(NAMES)
    speech = "".join(filtered.push(text[at : at + size]) for at in range(0, len(text), size))
    rest, calls = filtered.finish()
    return speech + rest, [call.name for call in calls]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>\n{CALL}\n</tool_call>",
        f"[TOOL_CALLS][{CALL}]",
        f"<|python_tag|>{CALL}",
        CALL,
        f"[{CALL}]",
        f"```json\n{CALL}\n```",
        f"functools[{CALL}]",
        '<｜tool▁calls▁begin｜>function<｜tool▁sep｜>book_visit\n{"day": "friday"}',  # noqa: RUF001 - tokens
        '[book_visit(day="friday")]',
    ],
)
def test_a_call_is_never_speech(text: str, size: int) -> None:
    """However it is cut, the text before it is spoken and the call is made."""
    assert speech_and_calls(f"One moment. {text}", size) == ("One moment. ", ["book_visit"])


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "text", ['{"answer": 42}', '<tool_call>{"name": "unknown"}</tool_call>', "<invoke name="]
)
def test_code_that_is_no_call_is_dropped(text: str, size: int) -> None:
    """JSON and markup are not spoken."""
    speech, calls = speech_and_calls(text, size)
    assert (speech.replace("<invoke name=", ""), calls) == ("", [])


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "We book a visit, then end.",
        "See [our page](x).",
        "5 < 6 and [so on",
        "a ` b",
        "Book_visits are free.",
    ],
)
def test_other_text_is_unchanged(text: str, size: int) -> None:
    """Text with the beginning of a name or a bracket is spoken."""
    assert speech_and_calls(text, size) == (text, [])


def test_an_answer_within_a_code_block_is_speech() -> None:
    """Some models put their whole answer there."""
    assert speech_and_calls("```\nSure, which day?\n```", 5)[0].strip() == "Sure, which day?"


def test_the_arguments_are_json() -> None:
    """NaN and lone surrogates do not reach the history."""
    filtered = ToolTextFilter(NAMES)
    filtered.push('{"name": "end_call", "arguments": {"a": NaN, "b": "\\ud800"}}')
    [call] = filtered.finish()[1]
    json.dumps(json.loads(call.arguments), allow_nan=False).encode()
