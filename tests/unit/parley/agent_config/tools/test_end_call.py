"""The tool that ends the call."""

from parley.agent_config import EndCallTool


def test_the_tool_is_named_after_its_type() -> None:
    """A built-in tool has no name of its own."""
    assert EndCallTool().tool_names == ("end_call",)
