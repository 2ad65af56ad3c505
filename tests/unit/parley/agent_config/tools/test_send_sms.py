"""The section of `send_sms`."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import SendSmsTool


def test_a_template_names_its_values_once_each() -> None:
    """In the order of the text."""
    tool = SendSmsTool(templates={"booked": "See you on {day} at {time}, {day}!"})

    assert tool.placeholders("booked") == ("day", "time")


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"templates": {"a": " "}}, "templates.a: the text is empty"),
        ({"templates": {"a": "x" * 99}, "max_chars": 50}, "longer than max_chars"),
        ({"numbers": {"office": "12"}}, "E.164"),
        ({"from_number": "Clinic"}, "E.164"),
        ({"max_chars": 1601}, "max_chars"),
    ],
)
def test_a_mistake_is_named(section: dict[str, Any], reason: str) -> None:
    """The message has the key."""
    with pytest.raises(ValidationError, match=reason):
        SendSmsTool.model_validate(section)
