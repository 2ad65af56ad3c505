"""Numbers in the agent file."""

from typing import Literal

import pytest
from pydantic import ValidationError

from parley.agent_config.tools.phone_numbers import FreeNumberTool, is_number


class _Tool(FreeNumberTool):
    type: Literal["x"] = "x"


@pytest.mark.parametrize(
    ("text", "valid"),
    [("+15550100123", True), ("15550100123", False), ("+0555", False), ("anonymous", False)],
)
def test_a_number_is_in_international_format(text: str, valid: bool) -> None:
    """A withheld number is not valid."""
    assert is_number(text) is valid


def test_any_number_needs_a_pattern() -> None:
    """The model may then use the numbers that match it as a whole."""
    with pytest.raises(ValidationError, match="allowed_numbers"):
        _Tool(allow_any_number=True)
    with pytest.raises(ValidationError, match="regular expression"):
        _Tool(allow_any_number=True, allowed_numbers="(")
    tool = _Tool(allow_any_number=True, allowed_numbers=r"\+1555\d{7}")

    assert tool.number_problem("+15550100123") == ""
    assert "not allowed" in tool.number_problem("+19000100123")
    assert "not allowed" in tool.number_problem("+155501001234")
    assert "international format" in tool.number_problem("5550100123")
    assert "not allowed" in _Tool().number_problem("+15550100123")
