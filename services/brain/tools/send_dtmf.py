"""The tool that presses keys in a call; the edge of the call carries it out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.agent_config import SendDtmfTool
from parley.audio.dtmf import DIGITS_PATTERN, is_digits
from parley.v1.telephony_pb2 import DtmfRequested, DtmfSent
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

NAME = "send_dtmf"
_TIMEOUT_S = 90.0
_DESCRIPTION = (
    "Press keys on the telephone, to navigate a voice menu or enter a number. Say nothing in the same "
    "answer. w waits half a second."
)
_PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "properties": {"digits": {"type": "string", "description": f"Keys and pauses: {DIGITS_PATTERN}"}},
    "required": ["digits"],
    "additionalProperties": False,
}


def build(section: SendDtmfTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool."""
    return (Tool(NAME, _DESCRIPTION, _PARAMETERS, _SendDtmf(section, context).run, timeout_s=_TIMEOUT_S),)


@dataclass(frozen=True, slots=True)
class _SendDtmf:
    """The keys pressed in one call."""

    section: SendDtmfTool
    context: ToolContext

    async def run(self, call: ToolCall) -> str:
        """Request the keys and wait until they were pressed."""
        arguments: Mapping[str, Any] = json.loads(call.arguments or "{}")
        digits = "".join(str(arguments.get("digits", "")).split())
        if not is_digits(digits):
            raise ToolFailed("digits: give 1 to 64 keys out of 0-9 * # A-D, and w for a pause")
        await self.context.append(
            DtmfRequested(
                tool_call_id=call.tool_call_id,
                digits=digits,
                after_reply_id=call.reply_id,
                in_band=self.section.method == "tones",
            )
        )
        outcome = await self.context.outcome(call.tool_call_id)
        if not isinstance(outcome, DtmfSent) or outcome.failed:
            reason = outcome.reason if isinstance(outcome, DtmfSent) else ""
            raise ToolFailed(f"the keys were not pressed: {reason or 'not possible at the moment'}")
        return json.dumps({"ok": True})
