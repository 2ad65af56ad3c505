"""The tools of MCP servers."""

import re

import pytest
from pydantic import ValidationError

from parley.agent_config import McpTool


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "either a command or a url"),
        ({"command": ["x"], "url": "https://example.com/mcp"}, "either a command or a url"),
        ({"command": "npx server"}, "must be a list"),
        ({"command": [" "]}, "a command needs a program"),
        ({"command": ["x"], "headers": {"A": "b"}}, "has env instead of headers"),
        ({"url": "https://example.com/mcp", "env": {"A": "b"}}, "env: belongs to a command"),
        ({"url": "ftp://example.com/mcp"}, "must begin with http:// or https://"),
        ({"url": "https://user:pw@example.com/mcp"}, "put keys and passwords into headers"),
        ({"url": "https://example.com/${env:KEY}"}, "put keys and passwords into headers"),
        ({"url": "https://example.com", "headers": {"A b": "c"}}, "'A b' is not the name of a header"),
        ({"command": ["x"], "name": "two words"}, "name"),
    ],
)
def test_a_wrong_server_is_refused(options: dict[str, object], reason: str) -> None:
    """The reason names key and remedy."""
    with pytest.raises(ValidationError, match=re.escape(reason)):
        McpTool.model_validate({"name": "clinic", **options})


def test_the_prefix_identifies_the_tools_of_a_server() -> None:
    """Its fillers apply to them."""
    server = McpTool(name="clinic", command=("x",), env={"A": "${env:TOKEN}"})

    assert (server.tool_prefix, server.tool_names) == ("clinic_", ())
    assert server.has_tool("clinic_book")
    assert not server.has_tool("book")
    assert not server.model_copy(update={"prefix": ""}).has_tool("book")
    assert server.secrets == {"TOKEN"}
