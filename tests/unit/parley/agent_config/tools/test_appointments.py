"""The tools that book and cancel appointments, in the agent file."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig


def test_the_name_alone_has_all_defaults() -> None:
    """Booking defines two tools."""
    agent = AgentConfig.model_validate({"prompt": "x", "tools": ["book_appointment", "cancel_appointment"]})
    assert [tool.tool_names for tool in agent.tools] == [
        ("find_free_slots", "book_appointment"),
        ("cancel_appointment",),
    ]
    assert all(tool.needs_database for tool in agent.tools)


def test_another_backend_needs_no_database() -> None:
    """Neither does a tool without records."""
    tools = ["end_call", {"type": "book_appointment", "backend": "crm"}]
    agent = AgentConfig.model_validate({"prompt": "x", "tools": tools})
    assert not any(tool.needs_database for tool in agent.tools)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"calendars": ["Dr. Miller"]}, "pattern"),
        ({"calendars": ["a", "a"]}, "calendars: names must be unique"),
        ({"services": {"": 30}}, "services: each needs a name"),
        ({"services": {"check-up": 1}}, "greater than or equal to 5"),
        ({"slots": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_key_is_refused(section: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        AgentConfig.model_validate({"prompt": "x", "tools": [{"type": "book_appointment", **section}]})
