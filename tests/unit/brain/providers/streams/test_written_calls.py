"""Tests for tool calls that a model wrote as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.brain.providers.streams.written_calls import read_calls

NAMES = ("book_visit", "end_call")
FRIDAY = {"day": "friday"}


def calls(text: str) -> list[tuple[str, object]]:
    return [(call.name, json.loads(call.arguments)) for call in read_calls(text, NAMES)]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "book_visit", "arguments": {"day": "friday"}}',
        '{"type": "function", "function": {"name": "book_visit", "arguments": "{\\"day\\": \\"friday\\"}"}}',
        '[TOOL_CALLS]book_visit[ARGS]{"day": "friday"}',
        '<function=book_visit>{"day": "friday"}</function>',
        "<tool_call>\n<function=book_visit>\n<parameter=day>\nfriday\n</parameter>\n</function>",
        "<tool_call>book_visit\n<arg_key>day</arg_key>\n<arg_value>friday</arg_value>\n</tool_call>",
        '<invoke name="book_visit">\n<parameter name="day">friday</parameter>\n</invoke>',
        'print(book_visit(day="friday"))',
    ],
)
def test_one_call_in_each_form(text: str) -> None:
    """The forms of the chat templates of open models."""
    assert calls(text) == [("book_visit", FRIDAY)]


def test_several_calls() -> None:
    """Each object is a call."""
    text = '[{"name": "book_visit", "arguments": {"day": "friday"}}, {"name": "end_call", "arguments": {}}]'
    assert calls(text) == [("book_visit", FRIDAY), ("end_call", {})]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "unknown", "arguments": {}}',
        '{"name": "book_visit", "arguments": "{broken"}',
        '{"name": "book_visit", "arguments": [1]}',
        "book_visit",
        "book_visit(day=open('x'))",
        "<function=book_visit>\n<parameter=day>\nfri",
        '<function=book_visit>{"day": "fri',
        "<tool_call>book_visit\n<arg_key>day</arg_key>\n<arg_value>fri",
        "{" * 7000,
        "book_visit(" * 300 + ")" * 4000,
        "<function=book_visit>" + "<parameter=x>" * 500,
        '{"a":' * 1500,
        "book_visit" + " " * 20_000,
    ],
)
def test_no_call(text: str) -> None:
    """Unknown tools and broken arguments are ignored."""
    assert calls(text) == []


@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "(", ")", '"', "book_visit", "=", "<", ">", "parameter", " ", "x"])
    )
)
def test_any_text(parts: list[str]) -> None:
    """No text raises an error, and all arguments are objects."""
    assert all(isinstance(arguments, dict) for _, arguments in calls("".join(parts)))
