"""The tool that cancels an appointment."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from parley.agent_config.tools import CancelAppointmentTool
from parley.records.interfaces import AppointmentBook
from parley.records.types import Cancellation
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import ToolContext
from services.brain.tools.record_arguments import Arguments
from services.brain.tools.records import TOOL_TIMEOUT_S, caller_of, opened, prepare, request_of
from services.brain.tools.spoken_time import appointment_result

_DESCRIPTION = (
    "Cancel an appointment of the caller, once they have confirmed it: by its reference, by its time, or"
    " without arguments if they have only one. It is cancelled only if the result has ok: true."
)
_PARAMETERS = {
    "type": "object",
    "properties": {
        "reference": {"type": "string", "description": "The digits that the caller was given."},
        "start": {"type": "string", "description": "ISO date or local time of the appointment."},
    },
}


def build(section: CancelAppointmentTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool of an agent."""
    prepare(section, context)
    run = partial(_run, section, context)
    description = section.description or _DESCRIPTION
    return (Tool("cancel_appointment", description, _PARAMETERS, run, timeout_s=TOOL_TIMEOUT_S),)


async def _run(section: CancelAppointmentTool, context: ToolContext, call: ToolCall) -> str:
    arguments, language = Arguments(call), context.agent.language
    which = Cancellation(
        reference=arguments.text("reference"),
        start=arguments.text("start"),
        calendars=section.calendars,
        any_caller=section.any_caller,
    )
    async with opened(section, context, AppointmentBook) as book:
        done = await book.cancel_appointment(request_of(call, context), which)
    result: dict[str, Any] = {"ok": done.appointment is not None}
    if done.appointment is not None:
        result["cancelled"] = appointment_result(done.appointment, language)
    elif done.problem == "ambiguous":
        result["reason"] = "the caller has several appointments: ask which one"
        result["appointments"] = [appointment_result(one, language) for one in done.candidates]
    else:
        result["reason"] = _not_found(section, context)
    return json.dumps(result, ensure_ascii=False)


def _not_found(section: CancelAppointmentTool, context: ToolContext) -> str:
    if section.any_caller:
        return "there is no such appointment: ask for its reference"
    if not caller_of(context):
        return "the caller's number is withheld, so their appointments are unknown"
    return "no such appointment was booked from the caller's number"
