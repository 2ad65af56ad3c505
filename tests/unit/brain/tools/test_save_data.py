"""Tests for the tool that saves collected data."""

import json
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parley.agent_config import CollectedField
from parley.events.envelope import Body
from parley.v1.handoff_pb2 import DataCollected
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed
from services.brain.tools.save_data import DataCollection, parameters
from tests.event_factories import event
from tests.unit.brain.event_factories import turn_ended

FIELDS = (
    CollectedField(name="visit", type="date", required=True, ask="Which day suits you?"),
    CollectedField(name="plan", type="choice", choices=("basic", "plus")),
    CollectedField(name="phone", type="phone", confirm="read_back"),
)
NOW = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)


class Call:
    """A conversation and the tool in it."""

    def __init__(self, zone: str = "UTC") -> None:
        self.conversation = reduce(evolve, [turn_ended(1, "hello")], Conversation())
        self.saved: list[Body] = []
        self.tool = DataCollection(
            FIELDS, "en", "GB", ZoneInfo(zone), lambda: self.conversation, self._append, now=NOW.astimezone
        ).tool()

    async def _append(self, body: Body) -> None:
        assert isinstance(body, DataCollected)
        self.saved.append(body)
        self.conversation = evolve(self.conversation, event(body))

    async def save(self, call_id: str = "t1", **arguments: Any) -> dict[str, Any]:
        """Run the tool; return its result."""
        result: dict[str, Any] = json.loads(
            await self.tool.run(ToolCall(call_id, "save_data", json.dumps(arguments), "r1"))
        )
        return result


async def test_the_result_names_what_is_missing() -> None:
    """The question of the agent file comes with it."""
    result = await Call().save(values={"plan": "PLUS", "phone": "020 7946 0018"})

    assert result["saved"] == {"plan": "plus", "phone": "+442079460018"}
    assert result["read_back"] == {"phone": "0 2 0, 7 9 4 6, 0 0 1 8"}
    assert result["missing"] == {"visit": "Which day suits you?"}


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-11-29"), ("Europe/Berlin", "2026-11-30")])
async def test_days_count_in_the_zone_of_the_agent(zone: str, day: str) -> None:
    """Half past eleven in London is the next day in Berlin."""
    result = await Call(zone).save(values={"visit": "tomorrow"})

    assert result["saved"] == {"visit": day}


async def test_a_wrong_value_does_not_stop_the_others() -> None:
    """The model learns what is wrong with it."""
    result = await Call().save(values={"visit": "soon", "plan": "basic", "colour": "red"})

    assert result["saved"] == {"plan": "basic"}
    assert set(result["errors"]) == {"visit", "colour"}


@pytest.mark.parametrize(
    "arguments", [{}, {"values": [1]}, {"confirmed": "phone", "values": {"plan": "plus"}}]
)
async def test_arguments_of_another_form_are_refused(arguments: dict[str, Any]) -> None:
    """The model learns the form."""
    with pytest.raises(ToolFailed):
        await Call().save(**arguments)


async def test_a_repeated_call_saves_once() -> None:
    """The next owner of the call runs it again."""
    call = Call()
    await call.save(values={"plan": "plus"})
    await call.save(values={"plan": "plus"})

    assert len(call.saved) == 1


def test_the_schema_has_the_choices_and_the_hints() -> None:
    """The model writes values in a form that can be read."""
    properties = parameters(FIELDS)["properties"]["values"]["properties"]

    assert properties["plan"]["enum"] == ["basic", "plus"]
    assert "YYYY-MM-DD" in properties["visit"]["description"]
    assert "required" in properties["visit"]["description"]
    assert "Sunday, November 29, 2026" in Call("Europe/Berlin").tool.description
