"""Tests for the check of a model's tool calls."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.brain.tool_arguments import (
    arguments_problem,
    dump_extra,
    legal_name,
    load_extra,
    name_problem,
    strict_json,
)


@pytest.mark.parametrize(
    "arguments", ["", "  ", "{}", '{"day": "friday", "at": [9, 10.5, null, true]}', '{"é": "😀"}']
)
def test_a_json_object_can_be_used(arguments: str) -> None:
    """Servers send blank arguments for a tool without parameters."""
    assert arguments_problem(arguments) == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('{"day": "fri', "not valid JSON: Unterminated string"),
        ("{'day': 'friday'}", "not valid JSON"),
        ('{"a": 1}{"b": 2}', "not valid JSON: Extra data"),
        ("\ufeff{}", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('"{}"', "not a JSON object"),
        ('{"at": NaN}', "NaN is not a number"),
        ('{"at": -Infinity}', "-Infinity is not a number"),
        ('{"at": 1e999}', "not valid JSON"),
        ('{"at": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"at": 9, "at": 10}', "a key occurs twice"),
        ('{"in": {"at": 9, "at": 10}}', "a key occurs twice"),
        ('{"name": "\\ud800"}', "unpaired surrogates"),
        ('{"name": "\ud800"}', "unpaired surrogates"),
        ('{"\\ude00": 1}', "unpaired surrogates"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "too deeply nested"),
        ('{"name": "\ufffd"}', "not text"),
        ('{"name": "a\\u0000"}', "not text"),
        ("[" * 5000, "too deeply nested"),
        ('{"a": "' + "x" * 1_000_000 + '"}', "longer than"),
    ],
)
def test_unusable_arguments_are_explained_to_the_model(arguments: str, reason: str) -> None:
    """The explanation quotes nothing of the arguments."""
    problem = arguments_problem(arguments)

    assert reason in problem
    assert len(problem) < 200


@given(st.text(max_size=60))
def test_arguments_without_a_problem_are_an_object_for_every_parser(arguments: str) -> None:
    """The check itself never fails."""
    if not arguments_problem(arguments):
        value = json.loads(arguments.strip() or "{}")
        assert isinstance(value, dict)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


def test_other_json_is_parsed_strictly() -> None:
    """The results of tools are checked by the same parser."""
    assert strict_json("[1]") == [1]
    with pytest.raises(ValueError, match="NaN"):
        strict_json("NaN")


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("book_visit", "book_visit"),
        (" book_visit\n", "book_visit"),
        ("book visit", "book_visit"),
        ("functions.book", "functions_book"),
        ("", "unnamed"),
        ("buchen_für", "buchen_f_r"),
        ("\ud800", "_"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_name_is_made_legal(name: str, legal: str) -> None:
    """Servers refuse a history with another name."""
    assert legal_name(name) == legal


@given(st.text())
def test_every_name_becomes_legal(name: str) -> None:
    """The pattern is the one of OpenAI's reference."""
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", legal_name(name))


def test_a_name_that_needed_a_change_is_no_tool() -> None:
    """Otherwise a name that is only similar would run a tool."""
    assert name_problem(" book_visit ", ["book_visit"]) == ""
    assert name_problem("anything") == ""
    assert name_problem("book visit", ["book_visit"]) == (
        "there is no tool of this name; the tools are: book_visit"
    )
    assert name_problem("fly", []) == "there is no tool of this name"


def test_extra_fields_survive_as_json() -> None:
    """Fields that cannot be stored are dropped; their call is not."""
    extra = {"extra_content": {"google": {"thought_signature": "c2ln"}}}

    assert load_extra(dump_extra(extra)) == extra
    assert dump_extra({}) == dump_extra({"a": {1, 2}}) == dump_extra({"a": float("nan")}) == ""
    assert dump_extra({"a": "x" * 1_000_000}) == ""
    assert load_extra("[") == load_extra("[]") == {}
