"""The tool that ends the call."""

from typing import Literal

from parley.agent_config.tools.base import ToolBase


class EndCallTool(ToolBase):
    """The agent may hang up."""

    type: Literal["end_call"] = "end_call"
