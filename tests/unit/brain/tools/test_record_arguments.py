"""The arguments of a tool that keeps records: whatever a model sends."""

import json
from decimal import Decimal

import pytest

from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed
from services.brain.tools.record_arguments import Arguments


def arguments(**values: object) -> Arguments:
    return Arguments(ToolCall("t1", "take_message", json.dumps(values), "r1"))


def test_values_in_normal_form() -> None:
    given = arguments(name=" Anna ", number="+1 555 01-00", budget="250,000", recipient="SALES", empty=None)
    assert given.required("name") == "Anna"
    assert given.number("number", "") == "+15550100"
    assert given.number("empty", "+1777") == "+1777"
    assert given.amount("budget") == Decimal(250_000)
    assert given.amount("empty") is None
    assert given.choice("recipient", ("Sales", "Support")) == "Sales"
    assert given.choice("empty", ("Sales",)) == ""


@pytest.mark.parametrize("value", ["", "  ", None, [], {"a": 1}, True, "x" * 501])
def test_a_text_that_is_missing_or_unusable_is_refused(value: object) -> None:
    with pytest.raises(ToolFailed, match="name"):
        arguments(name=value).required("name")


@pytest.mark.parametrize("value", ["none", "12", "1" * 16, "call me"])
def test_a_text_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ToolFailed, match="is not a telephone number"):
        arguments(number=value).number("number", "")


@pytest.mark.parametrize("value", ["a lot", "NaN", "Infinity", 1e300, True, [1]])
def test_an_amount_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ToolFailed, match="must be a plain number"):
        arguments(budget=value).amount("budget")


def test_a_choice_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ToolFailed, match="'Boss' is not one of: Sales, Support"):
        arguments(recipient="Boss").choice("recipient", ("Sales", "Support"))
