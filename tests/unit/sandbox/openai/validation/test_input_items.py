"""Items of the input of the Responses API, and the pairs of calls and outputs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.validation.input_items import input_errors, pair_errors
from tests.unit.sandbox.openai.bodies import JSON

USER = {"role": "user", "content": "hi"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
MISSING = "missing_required_parameter"
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "function_call", "function_call_output", "reasoning"]) | JSON,
        **dict.fromkeys(("role", "content", "id", "call_id", "name", "arguments", "output", "summary"), JSON),
    },
)


@pytest.mark.parametrize(
    "good",
    [
        "hi",
        [USER],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        [USER, {"role": "assistant", "content": [{"type": "output_text", "text": "hi", "annotations": []}]}],
        [
            USER,
            REASONING,
            {**CALL, "id": "fc_1", "status": "completed"},
            OUTPUT,
            {"type": "item_reference", "id": "x"},
        ],
    ],
)
def test_valid_input_has_no_error(good: Any) -> None:
    """A text, or items with or without a type."""
    assert list(input_errors(good)) == []


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        (None, "input", MISSING),
        (5, "input", "invalid_type"),
        (["x"], "input[0]", "invalid_type"),
        ([{**USER, "type": "talk"}], "input[0].type", "invalid_value"),
        ([{"content": "x"}], "input[0].role", MISSING),
        ([{"role": "user"}], "input[0].content", MISSING),
        ([{**USER, "role": "tool"}], "input[0].role", "invalid_value"),
        ([{**USER, "tool_calls": []}], "input[0].tool_calls", "unknown_parameter"),
        ([{**USER, "content": [{"type": "text", "text": "x"}]}], "input[0].content[0]", "invalid_value"),
        (
            [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}],
            "input[0].content[0]",
            "invalid_value",
        ),
        ([{**CALL, "name": "a b"}], "input[0].name", "invalid_value"),
        ([{**CALL, "arguments": {}}], "input[0].arguments", "invalid_type"),
        ([{**CALL, "id": "call_1"}], "input[0].id", "invalid_value"),
        ([{"type": "function_call", "name": "f"}], "input[0].call_id", MISSING),
        ([{**OUTPUT, "output": 5}], "input[0].output", "invalid_type"),
        ([{"type": "reasoning", "id": "rs_1"}], "input[0].summary", MISSING),
        ([{"type": "item_reference"}], "input[0].id", MISSING),
    ],
)
def test_the_first_error_names_its_place(bad: Any, param: str, code: str) -> None:
    """Parts of the caller and of the model have different types."""
    error = next(input_errors(bad))

    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([USER, CALL], "No tool output found for function call call_1."),
        ([USER, OUTPUT], "No tool call found for function call output with call_id call_1."),
        ([USER, OUTPUT, CALL], "No tool call found for function call output with call_id call_1."),
        ([USER, REASONING], "provided without its required following item."),
        ([REASONING, USER], "provided without its required following item."),
    ],
)
def test_calls_need_outputs_and_outputs_calls(items: list[Any], text: str) -> None:
    """Reasoning needs the item that it led to."""
    error = next(pair_errors(items))

    assert text in error.message
    assert (error.param, error.code) == ("input", None)


def test_complete_pairs_have_no_error() -> None:
    """Outputs may come later than the next item."""
    answer = {"role": "assistant", "content": "x"}
    assert list(pair_errors([USER, REASONING, CALL, USER, OUTPUT, REASONING, answer])) == []


@given(JSON | st.lists(ITEM, max_size=3))
def test_no_input_crashes_the_validation(anything: Any) -> None:
    """Any JSON is accepted or refused."""
    if next(input_errors(anything), None) is None and isinstance(anything, list):
        next(pair_errors(anything), None)
