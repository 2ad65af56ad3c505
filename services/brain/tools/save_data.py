"""The tool with which the model saves collected data: checked, normalized and confirmed."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from parley.agent_config import AgentConfig, CollectedField
from parley.agent_config.collect import SAVE_DATA_NAME
from parley.events.envelope import Body
from parley.v1.call_pb2 import DIRECTION_OUTBOUND
from services.brain.collecting.phone_numbers import region_of
from services.brain.collecting.saving import SaveRequest, save
from services.brain.collecting.values import ValueContext
from services.brain.conversation import Conversation
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

_DESCRIPTION = (
    "Save what the caller has told you, as soon as you know it; a new value replaces the old one. The result"
    " says how to read values back, which ones the caller still has to confirm, and which are missing. Put"
    " names of fields into `confirmed` only after you have read their values back and the caller has agreed."
)
_HINTS: Mapping[str, str] = {
    "phone": "telephone number in digits, with the country code if the caller named one",
    "email": "e-mail address, such as ann@example.com",
    "date": "date as YYYY-MM-DD",
    "time": "time of day as HH:MM in 24 hours",
    "name": "name, in the spelling that the caller gave",
    "address": "postal address in one line",
    "integer": "whole number in digits",
    "number": "number in digits",
    "yes_no": "yes or no",
}


def build(agent: AgentConfig, context: ToolContext) -> Sequence[Tool]:
    """Return the tool, if the agent collects data."""
    if not agent.collect:
        return ()
    started = context.started
    called = started.to_number if started.direction != DIRECTION_OUTBOUND else started.from_number
    collection = DataCollection(
        agent.collect,
        agent.language,
        region_of(called, agent.language),
        ZoneInfo(agent.timezone),
        context.conversation,
        context.append,
    )
    return (collection.tool(),)


@dataclass(frozen=True, slots=True)
class DataCollection:
    """The fields of an agent and the call in which it fills them."""

    fields: Sequence[CollectedField]
    language: str
    region: str
    """The country of the called number."""
    zone: ZoneInfo
    """The agent's time zone, in which relative dates are meant."""
    conversation: Callable[[], Conversation]
    """Returns the current conversation."""
    append: Callable[[Body], Awaitable[None]]
    """Appends an event to the call's log and applies it."""
    now: Callable[[ZoneInfo], datetime] = datetime.now

    def tool(self) -> Tool:
        """Return the tool for the model."""
        return Tool(SAVE_DATA_NAME, self._description(), parameters(self.fields), self.run)

    async def run(self, call: ToolCall) -> str:
        """Save the values of one call of the tool.

        Raises:
            ToolFailed: the arguments do not have the tool's form.
        """
        arguments = json.loads(call.arguments)
        values, confirmed = arguments.get("values") or {}, arguments.get("confirmed") or []
        if not isinstance(values, dict) or not isinstance(confirmed, list):
            raise ToolFailed("`values` must be an object and `confirmed` a list of names")
        if not values and not confirmed:
            raise ToolFailed("nothing to save: pass `values` or `confirmed`")
        conversation, context = self.conversation(), self._context()
        request = SaveRequest(
            call.tool_call_id,
            {name: value for name, value in values.items() if value is not None},
            [str(name) for name in confirmed],
            turn=conversation.totals.last_turn,
            inputs=conversation.totals.inputs,
        )
        saving = save(self.fields, request, conversation.data, context)
        for event in saving.events:
            await self.append(event)
        result = saving.result(self.fields, self.conversation().data, context)
        return json.dumps(result, ensure_ascii=False)

    def _context(self) -> ValueContext:
        return ValueContext(self.language, self.region, self.now(self.zone).date())

    def _description(self) -> str:
        if not any(field.type == "date" for field in self.fields):
            return _DESCRIPTION
        today = format_date(self.now(self.zone).date(), "full", locale="en")
        return f"{_DESCRIPTION} Today is {today}."


def parameters(fields: Sequence[CollectedField]) -> dict[str, Any]:
    """Return the JSON schema of the tool's arguments."""
    names = [field.name for field in fields]
    return {
        "type": "object",
        "properties": {
            "values": {
                "type": "object",
                "properties": {field.name: _property(field) for field in fields},
                "additionalProperties": False,
            },
            "confirmed": {
                "type": "array",
                "items": {"type": "string", "enum": names},
                "description": "fields whose values the caller has just agreed to",
            },
        },
        "additionalProperties": False,
    }


def _property(field: CollectedField) -> dict[str, Any]:
    hint = _HINTS.get(field.type, "")
    required = "required" if field.required else "optional"
    parts = [field.description, hint, field.ask and f"ask: {field.ask}", required]
    kind = field.type if field.type in ("number", "integer") else "string"
    schema: dict[str, Any] = {"type": kind, "description": "; ".join(part for part in parts if part)}
    if field.type == "choice":
        schema["enum"] = list(field.choices)
    elif field.type == "yes_no":
        schema["enum"] = ["yes", "no"]
    return schema
