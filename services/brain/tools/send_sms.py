"""The tool that sends a text message; the edge of the call carries it out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.agent_config import SendSmsTool
from parley.agent_config.tools.phone_numbers import is_number
from parley.v1.call_pb2 import DIRECTION_OUTBOUND
from parley.v1.telephony_pb2 import MessageRequested, MessageSent
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

NAME = "send_sms"
_TIMEOUT_S = 60.0
_CALLER = "caller"


def build(section: SendSmsTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool for the recipients and templates of the agent file."""
    tool = _SendSms(section, context)
    description = "Send a text message" + ("" if section.numbers else " to the caller") + "."
    for name in section.templates:
        description += f"\n{name}: {section.templates[name]}"
    return (Tool(NAME, description, _parameters(section), tool.run, timeout_s=_TIMEOUT_S),)


@dataclass(frozen=True, slots=True)
class _SendSms:
    """The text messages of one call."""

    section: SendSmsTool
    context: ToolContext

    async def run(self, call: ToolCall) -> str:
        """Request the message and wait until Twilio has accepted or refused it."""
        arguments: Mapping[str, Any] = json.loads(call.arguments or "{}")
        request = MessageRequested(
            tool_call_id=call.tool_call_id,
            to=self._recipient(arguments),
            from_number=self._sender(),
            body=self._text(arguments),
        )
        if request.to == request.from_number:
            raise ToolFailed("the message would go to the sender's own number")
        await self.context.append(request)
        outcome = await self.context.outcome(call.tool_call_id)
        if not isinstance(outcome, MessageSent):
            raise ToolFailed("the message was not sent")
        if outcome.failed:
            raise ToolFailed(f"the message was not sent: {outcome.reason}")
        return json.dumps({"ok": True, "status": "accepted"})

    def _recipient(self, arguments: Mapping[str, Any]) -> str:
        to, number = arguments.get("to", _CALLER), arguments.get("number")
        if isinstance(number, str) and number and self.section.allow_any_number:
            compact = "".join(char for char in number if char not in " -()./")
            if problem := self.section.number_problem(compact):
                raise ToolFailed(problem)
            return compact
        if to == _CALLER:
            started = self.context.started
            outbound = started.direction == DIRECTION_OUTBOUND
            caller = started.to_number if outbound else started.from_number
            if is_number(caller):
                return caller
            remedy = "ask for a mobile number" if self.section.allow_any_number else "no message can be sent"
            raise ToolFailed(f"the caller's number is withheld: {remedy}")
        if isinstance(to, str) and to in self.section.numbers:
            return self.section.numbers[to]
        names = ", ".join((_CALLER, *self.section.numbers))
        raise ToolFailed(f"there is no such recipient; there are: {names}")

    def _sender(self) -> str:
        started = self.context.started
        outbound = started.direction == DIRECTION_OUTBOUND
        sender = self.section.from_number or (started.from_number if outbound else started.to_number)
        if not is_number(sender):
            raise ToolFailed("no sender's number is set")
        return sender

    def _text(self, arguments: Mapping[str, Any]) -> str:
        section = self.section
        if not section.templates:
            text = str(arguments.get("text", "")).strip()
        else:
            text = self._from_template(arguments)
        if not text:
            raise ToolFailed("the text is empty")
        if len(text) > section.max_chars:
            raise ToolFailed(f"the text has {len(text)} characters, at most {section.max_chars} are allowed")
        return text

    def _from_template(self, arguments: Mapping[str, Any]) -> str:
        name, values = arguments.get("template"), arguments.get("values", {})
        if not isinstance(name, str) or name not in self.section.templates:
            raise ToolFailed(f"there is no such template; there are: {', '.join(self.section.templates)}")
        names = self.section.placeholders(name)
        given = values if isinstance(values, Mapping) else {}
        if missing := [key for key in names if not str(given.get(key, "")).strip()]:
            raise ToolFailed(f"values are missing: {', '.join(missing)}")
        text = self.section.templates[name]
        for key in names:
            text = text.replace(f"{{{key}}}", str(given[key]).strip())
        return text


def _parameters(section: SendSmsTool) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    if section.numbers:
        properties["to"] = {"type": "string", "enum": [_CALLER, *section.numbers]}
    if section.allow_any_number:
        about = "Another number, with + and country code; only if the caller wants the message there"
        properties["number"] = {"type": "string", "description": about}
    if section.templates:
        properties["template"] = {"type": "string", "enum": list(section.templates)}
        names = (key for name in section.templates for key in section.placeholders(name))
        values = {key: {"type": "string"} for key in names}
        if values:
            properties["values"] = {"type": "object", "properties": values}
        required.append("template")
    else:
        about = f"The message, at most {section.max_chars} characters"
        properties["text"] = {"type": "string", "description": about}
        required.append("text")
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
