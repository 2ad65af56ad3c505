"""The tool that takes a message, in the agent file."""

from parley.agent_config.tools import TakeMessageTool


def test_by_default_messages_are_for_anybody() -> None:
    assert TakeMessageTool().recipients == ()
    assert TakeMessageTool().tool_names == ("take_message",)
