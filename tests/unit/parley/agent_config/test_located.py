"""Tests of errors of parts of the file."""

import pytest
from pydantic import ValidationError

from parley.agent_config import Idle
from parley.agent_config.located import located, relocated


def test_an_error_moves_to_its_place_in_the_file() -> None:
    """Its kind stays, by which it is explained."""
    with pytest.raises(ValidationError) as raised:
        Idle.model_validate({"goodby": "x"})
    moved = ValidationError.from_exception_data("x", relocated(raised.value, "languages", "de", "idle"))

    [error] = moved.errors()
    assert (error["loc"], error["type"]) == (("languages", "de", "idle", "goodby"), "extra_forbidden")


def test_a_message_may_contain_braces() -> None:
    """Messages about templates do."""
    error = ValidationError.from_exception_data("x", [located(("prompt",), "write {{ name }}")])

    assert error.errors()[0]["msg"] == "write {{ name }}"
