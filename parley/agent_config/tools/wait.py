"""The tool with which the agent stays silent."""

from typing import Literal

from parley.agent_config.tools.base import Filler, ToolBase


class WaitTool(ToolBase):
    """The agent may stay silent until the caller speaks, or for `turn_taking.hold_s`."""

    type: Literal["wait"] = "wait"
    filler: Filler = ()
