"""The tool that ends the call; the edge hangs up after the last words have been played."""

import json
from collections.abc import Sequence

from parley.agent_config import EndCallTool
from services.brain.tool_call import END_CALL_NAME, ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import ToolContext


async def _run(_call: ToolCall) -> str:
    return json.dumps({"ok": True})


END_CALL = Tool(
    name=END_CALL_NAME,
    description="End the phone call. Say goodbye in the same answer; the line is closed after those words.",
    parameters={"type": "object", "properties": {}, "additionalProperties": False},
    run=_run,
    ends_call=True,
)


def build(_section: EndCallTool, _context: ToolContext) -> Sequence[Tool]:
    """Return the tool; it needs nothing of the call."""
    return (END_CALL,)
