"""The tool that takes a message."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

from parley.agent_config.tools import TakeMessageTool
from parley.records.interfaces import MessageBox
from parley.records.types import Message, Urgency
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.record_arguments import MAX_TEXT_CHARS, Arguments
from services.brain.tools.records import TOOL_TIMEOUT_S, caller_of, opened, prepare, request_of

_DESCRIPTION = "Take a message, once the caller has said for whom it is and what it is about."
_URGENCIES: tuple[Urgency, ...] = get_args(Urgency)


def build(section: TakeMessageTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool of an agent."""
    prepare(section, context)
    recipient: dict[str, Any] = {"type": "string", "description": "For whom the message is."}
    if section.recipients:
        recipient["enum"] = list(section.recipients)
    parameters = {
        "type": "object",
        "properties": {
            "recipient": recipient,
            "text": {"type": "string", "description": "The message, complete and in the caller's words."},
            "name": {"type": "string", "description": "The caller's name, spelled correctly."},
            "callback_number": {
                "type": "string",
                "description": "Number to call back, if it is not the one the caller calls from.",
            },
            "urgency": {"type": "string", "enum": list(_URGENCIES)},
        },
        "required": ["recipient", "text"],
    }
    run = partial(_run, section, context)
    description = section.description or _DESCRIPTION
    return (Tool("take_message", description, parameters, run, timeout_s=TOOL_TIMEOUT_S),)


async def _run(section: TakeMessageTool, context: ToolContext, call: ToolCall) -> str:
    arguments = Arguments(call)
    urgency = arguments.choice("urgency", _URGENCIES)
    message = Message(
        recipient=arguments.choice("recipient", section.recipients) or arguments.required("recipient"),
        text=arguments.required("text", MAX_TEXT_CHARS),
        callback_number=arguments.number("callback_number", caller_of(context)),
        name=arguments.text("name"),
        urgency=next((level for level in _URGENCIES if level == urgency), "normal"),
    )
    if not message.callback_number:
        raise ToolFailed("callback_number is missing: the caller's number is withheld, ask for one")
    async with opened(section, context, MessageBox) as box:
        receipt = await box.take_message(request_of(call, context), message)
    return json.dumps({"ok": True, "reference": receipt.reference})
