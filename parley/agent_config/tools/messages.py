"""The tool that takes a message."""

from typing import Literal

from pydantic import Field

from parley.agent_config.tools.records import RecordsTool


class TakeMessageTool(RecordsTool):
    """Stores a message for a person or a department."""

    type: Literal["take_message"] = "take_message"
    recipients: tuple[str, ...] = Field(default=(), max_length=100)
    """For whom messages are taken; empty for anybody."""
