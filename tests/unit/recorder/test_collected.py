"""Tests for the collected data in the record of a call."""

from functools import reduce

from parley.events.envelope import Body
from parley.v1.handoff_pb2 import AgentChanged, DataCollected
from parley.v1.reply_pb2 import ReplyStarted
from services.recorder.collected import Collected, CollectedFields, as_objects


def fold(*bodies: Body) -> CollectedFields:
    def apply(fields: CollectedFields, body: Body) -> CollectedFields:
        fields.apply(body)
        return fields

    return reduce(apply, bodies, CollectedFields())


def test_the_record_has_the_latest_values() -> None:
    """A NUL, which Postgres refuses, is left out."""
    fields = fold(
        DataCollected(field="name", value="Ann", confirmed=True),
        ReplyStarted(reply_id="r1"),
        DataCollected(field="name", value="An\0na"),
        DataCollected(field="plan", value="basic", confirmed=True),
    )

    assert fields.values["name"] == Collected("Anna", confirmed=False)
    assert as_objects(fields.values)["plan"] == {"value": "basic", "confirmed": True}


def test_the_record_has_the_agents_in_order() -> None:
    """An agent that gets the call back occurs again."""
    changes = [AgentChanged(agent=name) for name in ("sales", "front", "sales")]

    assert fold(*changes).agents == ["sales", "front", "sales"]
