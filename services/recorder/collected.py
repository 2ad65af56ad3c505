"""The data that the agents of a call have collected, and the agents, from its events. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.events.envelope import Body
from parley.v1.handoff_pb2 import AgentChanged, DataCollected


@dataclass(frozen=True, slots=True)
class Collected:
    """The value of a field."""

    value: str
    confirmed: bool


@dataclass(slots=True)
class CollectedFields:
    """The latest value of each field, and the agents that took the call over, in order."""

    values: dict[str, Collected] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)

    def apply(self, body: Body) -> None:
        """Apply an event of the call."""
        match body:
            case DataCollected():
                self.values[body.field] = Collected(_clean(body.value), body.confirmed)
            case AgentChanged():
                self.agents.append(_clean(body.agent))
            case _:
                pass


def as_objects(data: Mapping[str, Collected]) -> dict[str, dict[str, object]]:
    """Return the values as JSON objects."""
    return {
        name: {"value": collected.value, "confirmed": collected.confirmed} for name, collected in data.items()
    }


def _clean(text: str) -> str:
    return text.replace("\x00", "")
