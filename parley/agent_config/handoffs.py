"""The agents to which an agent may hand a call over."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText

HAND_OFF_NAME = "hand_off"
"""Name of the tool that hands the call over to another agent."""


class HandOff(Section):
    """An agent that may take the call over."""

    agent: str = Field(min_length=1, max_length=100)
    """Name of its agent file."""
    when: str = Field(min_length=1)
    """When to hand over to it, for the model."""
    announce: TemplateText = ""
    """Spoken by the agent that hands over, if its model wrote no text itself."""
    greeting: bool | TemplateText = False
    """True: the next agent begins with its greeting, or with this text; false: it answers the caller's last
    words."""
    history: Literal["full", "summary"] = "full"
    """The dialogue that the next agent receives: all of it, or the summary of the agent before it."""


def handoffs_problem(handoffs: Sequence[HandOff], name: str) -> str:
    """Return what is wrong with the hand-offs of an agent file of this name; empty if nothing is."""
    seen: set[str] = set()
    for handoff in handoffs:
        if handoff.agent == name:
            return f"handoffs: {name!r} cannot hand over to itself"
        if handoff.agent in seen:
            return f"handoffs: {handoff.agent!r} is listed twice"
        seen.add(handoff.agent)
    return ""
