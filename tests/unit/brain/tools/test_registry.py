"""Tests for the tools of an agent file."""

import httpx2
import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, HttpTool
from services.brain.tools.http import HttpTools
from services.brain.tools.registry import build_tools


def booking(name: str = "book") -> HttpTool:
    return HttpTool(name=name, description="Books.", url="http://127.0.0.1/")


async def test_an_agent_has_its_built_in_tools_and_its_web_services() -> None:
    """Their order is that of the agent file."""
    agent = AgentConfig(prompt="x", tools=("end_call", booking()))
    async with httpx2.AsyncClient() as client:
        tools = build_tools(agent, HttpTools(client, "CA1"))

    assert [(tool.name, tool.ends_call) for tool in tools] == [("end_call", True), ("book", False)]


def test_two_tools_with_the_same_name_are_rejected() -> None:
    """The model could not distinguish them."""
    with pytest.raises(ValidationError, match="names must be unique"):
        AgentConfig(prompt="x", tools=(booking(), booking()))
    with pytest.raises(ValidationError, match="names must be unique"):
        AgentConfig(prompt="x", tools=("end_call", booking("end_call")))
