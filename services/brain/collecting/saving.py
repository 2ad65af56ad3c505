"""Decides which values a call of the tool `save_data` saves, and its result. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.agent_config import CollectedField
from parley.v1.handoff_pb2 import DataCollected
from services.brain.collected import CollectedData
from services.brain.collecting.problem import ValueProblem
from services.brain.collecting.read_back import read_back
from services.brain.collecting.values import ValueContext, normalize

_NOT_READ_BACK = "is not confirmed: read it back first, and confirm it only after the caller has agreed"
_CONFIRM = (
    "Say the values under `read_back` and ask whether they are right. When the caller agrees, call save_data"
    " with these names in `confirmed`; if not, save the correction."
)


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """A call of the tool."""

    tool_call_id: str
    values: Mapping[str, Any]
    confirmed: Sequence[str]
    turn: int
    """The caller's last turn."""
    inputs: int
    """Number of the caller's inputs so far."""


@dataclass(slots=True)
class Saving:
    """The outcome of one request."""

    events: list[DataCollected] = field(default_factory=list)
    """To append, in this order."""
    errors: dict[str, str] = field(default_factory=dict)

    def result(
        self, fields: Sequence[CollectedField], data: CollectedData, context: ValueContext
    ) -> dict[str, Any]:
        """Return the result for the model; `data` has the events already."""
        saved = {event.field for event in self.events}
        open_fields = [f for f in fields if (v := data.get(f.name)) is not None and not v.confirmed]
        missing = [f for f in fields if f.required and data.get(f.name) is None]
        result: dict[str, Any] = {
            "saved": {f.name: data.values[f.name].value for f in fields if f.name in saved}
        }
        if open_fields:
            result["read_back"] = {
                f.name: read_back(f, data.values[f.name].value, context) for f in open_fields
            }
            result["next"] = _CONFIRM
        result["missing"] = {f.name: f.ask or f.description for f in missing}
        if self.errors:
            result["errors"] = self.errors
        if not missing and not open_fields and not self.errors:
            result["complete"] = True
        return result


def save(
    fields: Sequence[CollectedField], request: SaveRequest, data: CollectedData, context: ValueContext
) -> Saving:
    """Return what a request saves. A value counts as confirmed only if the caller has spoken since."""
    by_name = {one.name: one for one in fields}
    saving = Saving()
    for name in dict.fromkeys((*request.values, *request.confirmed)):
        if name not in by_name:
            saving.errors[name] = f"is not a field; the fields are: {', '.join(by_name)}"
            continue
        try:
            event = _event(by_name[name], request, data, context)
        except ValueProblem as problem:
            saving.errors[name] = str(problem)
            continue
        if event is not None:
            saving.events.append(event)
    return saving


def _event(
    one: CollectedField, request: SaveRequest, data: CollectedData, context: ValueContext
) -> DataCollected | None:
    """The event for one field; None if the call changes nothing."""
    before = data.get(one.name)
    given = request.values.get(one.name)
    if given is None and before is None:
        raise ValueProblem("has no value yet: pass it in `values`")
    value = normalize(one, given, context) if given is not None else before.value if before else ""
    if before is None or before.value != value:
        return _collected(one, request, value, confirmed=one.confirm == "none")
    if before.confirmed:
        return None
    if one.confirm == "none":
        return _collected(one, request, value, confirmed=True)
    if one.name not in request.confirmed:
        return None
    if request.inputs <= before.inputs:
        raise ValueProblem(_NOT_READ_BACK)
    return _collected(one, request, value, confirmed=True)


def _collected(one: CollectedField, request: SaveRequest, value: str, *, confirmed: bool) -> DataCollected:
    return DataCollected(
        field=one.name,
        value=value,
        confirmed=confirmed,
        turn=request.turn,
        tool_call_id=request.tool_call_id,
    )
