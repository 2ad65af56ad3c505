"""The tool that looks a customer up."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from parley.agent_config.tools import LookupCustomerTool
from parley.records.interfaces import CustomerDirectory
from parley.records.numbers import normal_number
from parley.records.types import Customer
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.record_arguments import Arguments
from services.brain.tools.records import TOOL_TIMEOUT_S, caller_of, opened, prepare

_MAX_FOUND = 5
_NUMBER = "number"
_BY_CALLER = "Look the caller up in the customer records. Without arguments: by the number they call from."
_BY_FIELDS = "Look a customer up in the customer records by what the caller says."


def build(section: LookupCustomerTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool of an agent."""
    prepare(section, context)
    properties = {name: {"type": "string", "description": _describe(name)} for name in section.by}
    parameters = {"type": "object", "properties": properties}
    description = section.description or (_BY_CALLER if section.by_caller else _BY_FIELDS)
    run = partial(_run, section, context)
    return (Tool("lookup_customer", description, parameters, run, timeout_s=TOOL_TIMEOUT_S),)


def _describe(field: str) -> str:
    if field == _NUMBER:
        return "A telephone number of the customer."
    return f"The customer's {field.replace('_', ' ')}, as the caller says it."


async def _run(section: LookupCustomerTool, context: ToolContext, call: ToolCall) -> str:
    arguments = Arguments(call)
    given = {name: text for name in section.by if (text := arguments.text(name))}
    caller = caller_of(context) if section.by_caller else ""
    if not given and not caller:
        raise ToolFailed(
            _request_field(section, "the caller's number is withheld" if section.by_caller else "")
        )
    async with opened(section, context, CustomerDirectory) as directory:
        found = await _find(directory, section, given, caller)
    return json.dumps(_result(section, found, given), ensure_ascii=False)


async def _find(
    directory: CustomerDirectory, section: LookupCustomerTool, given: Mapping[str, str], caller: str
) -> Sequence[Customer]:
    fields = {name: text for name, text in given.items() if name != _NUMBER}
    number = normal_number(given[_NUMBER], section.country_code) if _NUMBER in given else ""
    found = await directory.find_customers(number or ("" if fields else caller), fields, _MAX_FOUND)
    if len(found) > 1 and caller and fields and not number:
        # Several have the same name; the number tells them apart.
        found = await directory.find_customers(caller, fields, _MAX_FOUND) or found
    return found


def _result(
    section: LookupCustomerTool, found: Sequence[Customer], given: Mapping[str, str]
) -> dict[str, Any]:
    if len(found) == 1:
        stored = {_NUMBER: ", ".join(found[0].numbers), **found[0].fields}
        customer = {name: stored[name] for name in section.returns if stored.get(name)}
        return {"found": True, "customer": customer}
    others = [name for name in section.by if name not in given]
    reason = "no customer fits" if not found else "several customers fit"
    result: dict[str, Any] = {"found": False, "reason": reason}
    if others:
        result["ask_for"] = others
    return result


def _request_field(section: LookupCustomerTool, reason: str) -> str:
    names = ", ".join(section.by)
    remedy = f"ask the caller for one of: {names}" if names else "the caller cannot be looked up"
    return f"{reason}: {remedy}" if reason else remedy
