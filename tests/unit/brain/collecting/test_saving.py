"""Tests for what a call of `save_data` saves."""

from datetime import date

from parley.agent_config import CollectedField
from services.brain.collected import CollectedData, evolve
from services.brain.collecting.saving import SaveRequest, Saving, save
from services.brain.collecting.values import ValueContext

FIELDS = (CollectedField(name="name", type="name", confirm="spell"), CollectedField(name="note"))
CONTEXT = ValueContext("en", "GB", date(2026, 11, 28))


def request(*confirmed: str, inputs: int = 1, call_id: str = "t1", **values: str) -> SaveRequest:
    return SaveRequest(call_id, values, confirmed, turn=inputs, inputs=inputs)


def after(saving: Saving, data: CollectedData, inputs: int) -> CollectedData:
    for event in saving.events:
        data = evolve(data, event, inputs)
    return data


def test_a_value_that_needs_no_confirmation_is_confirmed() -> None:
    """The others wait for the caller."""
    saving = save(FIELDS, request(name="Ann", note="window seat"), CollectedData(), CONTEXT)

    assert [(e.field, e.confirmed) for e in saving.events] == [("name", False), ("note", True)]


def test_the_model_cannot_confirm_what_was_not_read_back() -> None:
    """Neither with the value nor in the same turn."""
    first = save(FIELDS, request("name", name="Ann"), CollectedData(), CONTEXT)
    data = after(first, CollectedData(), 1)
    second = save(FIELDS, request("name", call_id="t2"), data, CONTEXT)

    assert [event.confirmed for event in first.events] == [False]
    assert second.events == []
    assert "read it back" in second.errors["name"]


def test_the_caller_confirms_in_a_later_turn() -> None:
    """A second confirmation changes nothing."""
    data = after(save(FIELDS, request(name="Ann"), CollectedData(), CONTEXT), CollectedData(), 1)
    later = request("name", inputs=2, call_id="t2")
    saving = save(FIELDS, later, data, CONTEXT)
    data = after(saving, data, 2)

    assert [event.confirmed for event in saving.events] == [True]
    assert save(FIELDS, later, data, CONTEXT).events == []
    assert "complete" in saving.result(FIELDS, data, CONTEXT)


def test_a_correction_is_not_confirmed() -> None:
    """Even if the model claims it."""
    data = after(save(FIELDS, request(name="Ann"), CollectedData(), CONTEXT), CollectedData(), 1)
    saving = save(FIELDS, request("name", inputs=2, call_id="t2", name="Anna"), data, CONTEXT)

    assert [(event.value, event.confirmed) for event in saving.events] == [("Anna", False)]
    assert saving.result(FIELDS, after(saving, data, 2), CONTEXT)["read_back"] == {"name": "Anna: A, N, N, A"}


def test_a_field_without_a_value_cannot_be_confirmed() -> None:
    """Nor can one that the agent does not collect."""
    saving = save(FIELDS, request("name", "colour"), CollectedData(), CONTEXT)

    assert set(saving.errors) == {"name", "colour"}
