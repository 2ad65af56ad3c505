"""The tools that find free slots and book appointments."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from parley.agent_config.tools import BookAppointmentTool
from parley.records.interfaces import AppointmentBook
from parley.records.types import BookingProblem, NewAppointment, SlotQuery
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.record_arguments import Arguments
from services.brain.tools.records import TOOL_TIMEOUT_S, caller_of, opened, prepare, request_of
from services.brain.tools.spoken_time import appointment_result, slot_results

_FIND = "Find free times for an appointment. Offer the caller two or three of them, as `say` has them."
_BOOK = (
    "Book an appointment at a free time, once the caller has agreed to the time and given their name. It is"
    " booked only if the result has ok: true; otherwise offer the free times of the result."
)
_REASONS: dict[BookingProblem, str] = {
    "taken": "this time is already taken",
    "closed": "no appointment begins at this time",
    "past": "this time has passed",
    "too_soon": "this is too soon to book",
    "too_far": "this is too far ahead to book",
    "not_found": "the caller has no appointment with this reference; nothing was booked",
}


@dataclass(frozen=True, slots=True)
class _Booking:
    section: BookAppointmentTool
    context: ToolContext

    async def find(self, call: ToolCall) -> str:
        arguments = Arguments(call)
        query = SlotQuery(
            calendars=self._calendars(arguments),
            after=arguments.text("after"),
            before=arguments.text("before"),
            minutes=self._minutes(self._service(arguments)),
            limit=self.section.offers,
        )
        async with opened(self.section, self.context, AppointmentBook) as book:
            slots = await book.find_free_slots(query)
        result: dict[str, Any] = {"free": slot_results(slots, self.context.agent.language)}
        if not slots:
            result["note"] = "nothing is free then; search other days"
        return json.dumps(result, ensure_ascii=False)

    async def book(self, call: ToolCall) -> str:
        arguments, language = Arguments(call), self.context.agent.language
        service = self._service(arguments)
        wanted = NewAppointment(
            calendars=self._calendars(arguments),
            start=arguments.required("start"),
            name=arguments.required("name"),
            number=arguments.number("number", caller_of(self.context)),
            note=arguments.text("note"),
            service=service,
            minutes=self._minutes(service),
            replaces=arguments.text("replaces"),
            any_caller=self.section.any_caller,
            alternatives=self.section.alternatives,
        )
        async with opened(self.section, self.context, AppointmentBook) as book:
            booked = await book.book_appointment(request_of(call, self.context), wanted)
        if booked.appointment is None:
            result: dict[str, Any] = {"ok": False, "reason": _REASONS.get(booked.problem, booked.problem)}
            result["free"] = slot_results(booked.alternatives, language)
        else:
            result = {"ok": True, **appointment_result(booked.appointment, language)}
        if booked.replaced is not None:
            result["cancelled"] = appointment_result(booked.replaced, language)
        return json.dumps(result, ensure_ascii=False)

    def _calendars(self, arguments: Arguments) -> tuple[str, ...]:
        calendar = arguments.choice("calendar", self.section.calendars)
        return (calendar,) if calendar else self.section.calendars

    def _service(self, arguments: Arguments) -> str:
        if not self.section.services:
            return ""
        service = arguments.choice("service", tuple(self.section.services))
        if not service and len(self.section.services) > 1:
            raise ToolFailed(f"service is missing; it is one of: {', '.join(self.section.services)}")
        return service or next(iter(self.section.services))

    def _minutes(self, service: str) -> int | None:
        return self.section.services.get(service)


def build(section: BookAppointmentTool, context: ToolContext) -> Sequence[Tool]:
    """Build the two tools of an agent."""
    prepare(section, context)
    booking = _Booking(section, context)
    common = _common_parameters(section)
    today = datetime.now(UTC).strftime("%A, %Y-%m-%d")
    span = {
        "after": _text(f"From when: an ISO date or local time. Today is {today}. Left out: from now."),
        "before": _text("Until when: an ISO date (included) or local time. May be left out."),
    }
    details = {
        "start": _text("Start: ISO local time of a free slot, such as 2026-12-01T10:30."),
        "name": _text("Name of the person who comes, spelled correctly."),
        "number": _text("Telephone number, if it is not the one the caller calls from."),
        "note": _text("What it is about, in a few words."),
        "replaces": _text("To move an appointment: the reference of the old one, which is cancelled."),
    }
    required = ["start", "name", *(["service"] if len(section.services) > 1 else [])]
    return (
        Tool(
            "find_free_slots",
            _FIND,
            {"type": "object", "properties": {**span, **common}},
            booking.find,
            timeout_s=TOOL_TIMEOUT_S,
        ),
        Tool(
            "book_appointment",
            section.description or _BOOK,
            {"type": "object", "properties": {**details, **common}, "required": required},
            booking.book,
            timeout_s=TOOL_TIMEOUT_S,
        ),
    )


def _common_parameters(section: BookAppointmentTool) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if section.services:
        parameters["service"] = {"type": "string", "enum": list(section.services)}
    if len(section.calendars) > 1:
        parameters["calendar"] = {
            "type": "string",
            "enum": list(section.calendars),
            "description": "With whom or where; left out: any of them.",
        }
    elif not section.calendars:
        parameters["calendar"] = _text("`calendar` of a free slot; left out: any.")
    return parameters


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}
