"""The tool that ends the call; the edge hangs up after the last words have been played."""

import json

from services.brain.tool_call import END_CALL_NAME, ToolCall
from services.brain.tools import Tool


async def _run(_call: ToolCall) -> str:
    return json.dumps({"ok": True})


END_CALL = Tool(
    name=END_CALL_NAME,
    description="End the phone call. Say goodbye in the same answer; the line is closed after those words.",
    parameters={"type": "object", "properties": {}, "additionalProperties": False},
    run=_run,
    ends_call=True,
)
