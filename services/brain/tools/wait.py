"""The tool with which the agent stays silent until the caller speaks, or for `turn_taking.hold_s`."""

import json
from collections.abc import Sequence

from parley.agent_config import WaitTool
from services.brain.tool_call import WAIT_NAME, ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import ToolContext


async def _run(_call: ToolCall) -> str:
    return json.dumps({"ok": True})


WAIT = Tool(
    name=WAIT_NAME,
    description="Stay silent until the caller speaks again, for example while they look something up. "
    "Say in the same answer that you wait, or nothing.",
    parameters={"type": "object", "properties": {}, "additionalProperties": False},
    run=_run,
)


def build(_section: WaitTool, _context: ToolContext) -> Sequence[Tool]:
    """Return the tool; it needs nothing of the call."""
    return (WAIT,)
