"""Tools that are Python functions."""

import pytest
from pydantic import ValidationError

from parley.agent_config import PythonTool


def test_the_tool_is_named_after_its_entry_point() -> None:
    """The model calls it by this name."""
    assert PythonTool(name="hours").tool_names == ("hours",)
    with pytest.raises(ValidationError, match="name"):
        PythonTool(name="two words")
