"""The data that the agents of a call have collected. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.v1.handoff_pb2 import DataCollected


@dataclass(frozen=True, slots=True)
class CollectedValue:
    """The value of one field, in its normalized form."""

    value: str
    confirmed: bool
    turn: int
    """The caller's turn in which it was given or confirmed."""
    inputs: int
    """Number of the caller's inputs when it was saved: the caller can agree to it only in a later one."""
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class CollectedData:
    """The latest value of each field."""

    values: Mapping[str, CollectedValue] = field(default_factory=dict)

    def get(self, name: str) -> CollectedValue | None:
        """The value of a field; None if it has none."""
        return self.values.get(name)


def evolve(data: CollectedData, body: DataCollected, inputs: int) -> CollectedData:
    """Return the data after an event; `inputs` is the number of the caller's inputs before it."""
    before = data.get(body.field)
    if before is not None and before.tool_call_id == body.tool_call_id and before.value == body.value:
        # Saved again after a takeover: it may have been read back since the first time.
        inputs = before.inputs
    value = CollectedValue(body.value, body.confirmed, body.turn, inputs, body.tool_call_id)
    return CollectedData({**data.values, body.field: value})
