"""The tool that transfers the caller; the edge of the call carries it out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.agent_config import TransferCallTool
from parley.agent_config.tools.transfer_call import Destination
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_COLD,
    TRANSFER_KIND_WARM,
    TransferFinished,
    TransferRequested,
    TransferTarget,
)
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

NAME = "transfer_call"
_DECIDE_TIMEOUT_S = 100.0
"""Time besides ringing: machine detection, the summary, the decision, and Twilio's reports."""
_TALK_TIMEOUT_S = 24 * 3600.0
"""A caller who returns after the conversation with a person."""
_MAX_SUMMARY_CHARS = 600
_FAILURES = {
    "busy": "the line is busy",
    "no-answer": "nobody answered",
    "declined": "they cannot take the call now",
    "machine": "only an answering machine picked up",
    "canceled": "the caller hung up",
}


def build(section: TransferCallTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool for the destinations of the agent file."""
    tool = _TransferCall(section, context)
    return (Tool(NAME, _description(section), _parameters(section), tool.run, timeout_s=_timeout_s(section)),)


@dataclass(frozen=True, slots=True)
class _TransferCall:
    """The transfers of one call."""

    section: TransferCallTool
    context: ToolContext

    async def run(self, call: ToolCall) -> str:
        """Request the transfer and wait for the outcome."""
        arguments: Mapping[str, Any] = json.loads(call.arguments or "{}")
        await self.context.append(self._request(call, arguments))
        outcome = await self.context.outcome(call.tool_call_id)
        if not isinstance(outcome, TransferFinished):
            raise ToolFailed("the transfer failed")
        match outcome.outcome:
            case "transferred":
                return json.dumps({"ok": True, "status": "transferred"})
            case "returned":
                message = "The person has hung up, and the caller is back with you."
                return json.dumps({"ok": True, "status": "returned", "message": message})
            case status:
                reason = _FAILURES.get(status) or outcome.reason or "it was not possible"
                message = f"Not transferred: {reason}. The caller is with you: tell them, and go on."
                return json.dumps({"ok": False, "status": status, "message": message})

    def _request(self, call: ToolCall, arguments: Mapping[str, Any]) -> TransferRequested:
        section, agent = self.section, self.context.agent
        name, destination = self._destination(arguments)
        warm = (destination.kind or section.kind) == "warm"
        summary = str(arguments.get("summary", "")).strip()[:_MAX_SUMMARY_CHARS]
        if warm and not summary:
            raise ToolFailed("give a summary: the caller and the request")
        targets = [
            TransferTarget(
                name=name,
                address=address,
                send_digits=destination.send_digits,
                timeout_s=destination.timeout_s,
            )
            for address in destination.addresses
        ]
        return TransferRequested(
            tool_call_id=call.tool_call_id,
            kind=TRANSFER_KIND_WARM if warm else TRANSFER_KIND_COLD,
            targets=targets,
            after_reply_id=call.reply_id,
            caller_id=section.caller_id,
            return_after=section.after_hang_up == "return",
            goodbye=agent.transfer.goodbye if section.if_unanswered == "goodbye" and not warm else "",
            summary=summary,
            accept_prompt=agent.transfer.accept_prompt,
            caller_gone=agent.transfer.caller_gone,
            language=agent.language,
            voice=agent.fallback.voice,
            hold_music=warm and section.meanwhile == "music",
            detect_machine=section.machine_detection,
        )

    def _destination(self, arguments: Mapping[str, Any]) -> tuple[str, Destination]:
        name, number = arguments.get("destination"), arguments.get("number")
        if isinstance(name, str) and name in self.section.destinations:
            return name, self.section.destinations[name]
        if isinstance(number, str) and number and self.section.allow_any_number:
            compact = "".join(char for char in number if char not in " -()./")
            if problem := self.section.number_problem(compact):
                raise ToolFailed(problem)
            return "", Destination(number=compact)
        names = ", ".join(self.section.destinations) or "none by name"
        raise ToolFailed(f"there is no such destination; there are: {names}")


def _description(section: TransferCallTool) -> str:
    lines = ["Transfer the caller to a person. Tell the caller in the same answer what happens."]
    if section.is_warm:
        lines.append(
            "The person hears your summary first and may decline; the caller stays with you until then."
        )
    lines += [f"{name}: {to.description}" for name, to in section.destinations.items() if to.description]
    return "\n".join(lines)


def _parameters(section: TransferCallTool) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    if section.destinations:
        properties["destination"] = {"type": "string", "enum": list(section.destinations)}
        required += [] if section.allow_any_number else ["destination"]
    if section.allow_any_number:
        about = "Any other number, with + and country code, instead of a destination"
        properties["number"] = {"type": "string", "description": about}
    if section.is_warm:
        about = "One or two sentences for the person: who calls, and what they need"
        properties["summary"] = {"type": "string", "description": about}
        required.append("summary")
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _timeout_s(section: TransferCallTool) -> float:
    if section.after_hang_up == "return":
        return _TALK_TIMEOUT_S
    rings = [len(to.addresses) * (to.timeout_s + _DECIDE_TIMEOUT_S) for to in section.destinations.values()]
    return max(rings, default=25.0) + _DECIDE_TIMEOUT_S
