"""Tests for the agents that may take a call over."""

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, HandOff


def agent(*handoffs: HandOff) -> AgentConfig:
    return AgentConfig(name="front", prompt="p", handoffs=handoffs)


def test_the_next_agent_receives_all_of_the_dialogue_by_default() -> None:
    """It also answers the caller's last words instead of greeting."""
    handoff = HandOff(agent="sales", when="buying")

    assert (handoff.history, handoff.greeting, handoff.announce) == ("full", False, "")
    assert agent(handoff).handoffs == (handoff,)


@pytest.mark.parametrize(
    ("names", "message"), [(("front",), "to itself"), (("sales", "sales"), "'sales' is listed twice")]
)
def test_an_agent_is_named_once_and_is_another_one(names: tuple[str, ...], message: str) -> None:
    """The error names the agent."""
    with pytest.raises(ValidationError, match=message):
        agent(*(HandOff(agent=name, when="always") for name in names))


def test_a_hand_off_needs_a_condition() -> None:
    """The model cannot guess it from a name."""
    with pytest.raises(ValidationError, match="when"):
        HandOff.model_validate({"agent": "sales"})
