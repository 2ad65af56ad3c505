"""Tests for the data that the agents of a call have collected."""

from parley.v1.handoff_pb2 import DataCollected
from services.brain.collected import CollectedData, evolve


def saved(value: str, call_id: str = "t1", *, confirmed: bool = False) -> DataCollected:
    return DataCollected(field="name", value=value, confirmed=confirmed, turn=1, tool_call_id=call_id)


def test_a_value_replaces_the_earlier_one() -> None:
    """A correction must be confirmed again."""
    data = evolve(CollectedData(), saved("Ann", confirmed=True), 1)
    data = evolve(data, saved("Anna", "t2"), 2)

    value = data.get("name")
    assert value is not None
    assert (value.value, value.confirmed, value.inputs) == ("Anna", False, 2)
    assert data.get("phone") is None


def test_a_value_saved_again_after_a_takeover_keeps_its_place() -> None:
    """The caller may agree to it at once."""
    data = evolve(evolve(CollectedData(), saved("Ann"), 1), saved("Ann"), 3)

    value = data.get("name")
    assert value is not None
    assert value.inputs == 1
