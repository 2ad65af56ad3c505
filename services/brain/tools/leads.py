"""The tool that logs a lead."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from parley.agent_config.tools import LogLeadTool
from parley.records.interfaces import LeadLog
from parley.records.types import Lead
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.lead_score import lead_score
from services.brain.tools.record_arguments import MAX_TEXT_CHARS, Arguments
from services.brain.tools.records import TOOL_TIMEOUT_S, caller_of, opened, prepare, request_of

_DESCRIPTION = "Store an interested caller as a lead, once their name and what they look for are known."


def build(section: LogLeadTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool of an agent."""
    prepare(section, context)
    properties: dict[str, Any] = {
        "name": _text("The caller's name, spelled correctly."),
        "contact": _text("Number or e-mail address, if it is not the number the caller calls from."),
        "interest": _text("What the caller is interested in."),
        "budget": {
            "type": "number",
            "description": "The amount that the caller can spend, without currency.",
        },
        **{name: _text(description) for name, description in section.fields.items()},
    }
    parameters = {"type": "object", "properties": properties, "required": ["name", "interest"]}
    run = partial(_run, section, context)
    description = section.description or _DESCRIPTION
    return (Tool("log_lead", description, parameters, run, timeout_s=TOOL_TIMEOUT_S),)


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


async def _run(section: LogLeadTool, context: ToolContext, call: ToolCall) -> str:
    arguments = Arguments(call)
    contact = arguments.text("contact") or caller_of(context)
    if not contact:
        raise ToolFailed("contact is missing: the caller's number is withheld, ask for a number or address")
    name, interest = arguments.required("name"), arguments.required("interest", MAX_TEXT_CHARS)
    budget = arguments.amount("budget")
    fields = {field: text for field in section.fields if (text := arguments.text(field))}
    score = lead_score(
        section.score, {**fields, "name": name, "contact": contact, "interest": interest}, budget
    )
    lead = Lead(name, contact, interest, score, budget, fields)
    async with opened(section, context, LeadLog) as leads:
        receipt = await leads.log_lead(request_of(call, context), lead)
    result: dict[str, Any] = {"ok": True, "reference": receipt.reference}
    if section.score:
        result["score"] = score
    if section.qualified_from is not None:
        result["qualified"] = score >= section.qualified_from
    return json.dumps(result)
