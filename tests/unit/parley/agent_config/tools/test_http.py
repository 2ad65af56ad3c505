"""Tools that are implemented by a web service."""

import pytest
from pydantic import ValidationError

from parley.agent_config import HttpTool


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    """Providers refuse a schema that is not an object."""
    tool = HttpTool(name="hours", description="Opening hours.", url="https://example.com/hours")

    assert tool.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("key", "value"), [("name", "two words"), ("url", "ftp://example.com"), ("token_env", "A TOKEN")]
)
def test_a_wrong_value_is_refused(key: str, value: str) -> None:
    """The error names the key."""
    valid = {"name": "hours", "description": "Opening hours.", "url": "https://example.com/hours"}

    with pytest.raises(ValidationError, match=key):
        HttpTool.model_validate({**valid, key: value})
