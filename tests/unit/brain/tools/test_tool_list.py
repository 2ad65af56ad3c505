"""Tests for tools that are computed whenever they are read."""

from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.tool_list import ToolList


async def run(_call: ToolCall) -> str:
    """Return a result."""
    return "{}"


class Changing(ToolList):
    """Has one tool more at each change."""

    def __init__(self) -> None:
        self.names = ["a"]

    def present(self) -> tuple[Tool, ...]:
        """Return a tool per name."""
        return tuple(Tool(name, name, {}, run) for name in self.names)


def test_a_change_shows_at_once() -> None:
    """Length, elements and slices are those of the present tools."""
    tools = Changing()
    assert (len(tools), [tool.name for tool in tools]) == (1, ["a"])

    tools.names.append("b")

    assert (len(tools), tools[-1].name) == (2, "b")
    assert [tool.name for tool in tools[1:]] == ["b"]
