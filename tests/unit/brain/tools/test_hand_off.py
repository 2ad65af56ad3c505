"""Tests for the tool that hands a call over."""

import json
from dataclasses import replace
from typing import cast

import pytest

from parley.agent_config import AgentConfig, HandOff
from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed
from services.brain.tools.context import ToolResources, context_without_call
from services.brain.tools.hand_off import build, reason_of, summary_of, target_of

RESOURCES = cast("ToolResources", None)
"""Not used."""
AGENT = AgentConfig(prompt="p", handoffs=(HandOff(agent="sales", when="the caller wants to buy"),))


def call(arguments: object) -> ToolCall:
    return ToolCall("t1", "hand_off", json.dumps(arguments), "r1")


async def run(arguments: object, refused: str = "") -> tuple[str, list[str]]:
    prepared: list[str] = []

    async def prepare(name: str) -> None:
        prepared.append(name)
        if refused:
            raise ToolFailed(refused)

    context = context_without_call(AGENT, RESOURCES, "CA1")
    [tool] = build(AGENT, replace(context, prepare_agent=prepare))
    return await tool.run(call(arguments)), prepared


async def test_the_next_agent_is_prepared() -> None:
    """The session makes the change."""
    result, prepared = await run({"agent": "sales", "reason": "buying", "summary": "Ann"})

    assert (json.loads(result), prepared) == ({"handed_over_to": "sales"}, ["sales"])


@pytest.mark.parametrize("arguments", [{}, {"agent": "nobody"}, {"agent": 7}])
async def test_an_agent_that_is_not_in_the_file_is_refused(arguments: object) -> None:
    """The model learns which there are."""
    with pytest.raises(ToolFailed, match="the agents are: sales"):
        await run(arguments)


async def test_an_agent_that_cannot_be_used_is_refused() -> None:
    """The reason reaches the model."""
    with pytest.raises(ToolFailed, match="broken"):
        await run({"agent": "sales"}, refused="broken")


def test_the_model_sees_when_to_hand_over() -> None:
    """Names alone would be guessed at."""
    context = context_without_call(AGENT, RESOURCES, "CA1")

    [tool] = build(AGENT, context)

    assert "- sales: the caller wants to buy" in tool.description
    assert tool.parameters["properties"]["agent"]["enum"] == ["sales"]
    assert build(AgentConfig(prompt="p"), context) == ()


def test_texts_of_the_model_are_limited() -> None:
    """They are stored in an event."""
    long = call({"agent": " sales ", "reason": "r" * 900, "summary": ["no text"]})

    assert (target_of(long), len(reason_of(long)), summary_of(long)) == ("sales", 200, "")
