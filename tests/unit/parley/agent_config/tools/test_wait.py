"""The section of `wait`."""

from parley.agent_config import AgentConfig, WaitTool


def test_the_tool_needs_no_options() -> None:
    """Its name is enough."""
    assert AgentConfig.model_validate({"prompt": "x", "tools": ["wait"]}).tools == (WaitTool(),)
