"""Tests of the agent of a call."""

from pathlib import Path

from parley.agent_config import CallData
from parley.agent_store import AgentStore
from services.edge.calls.call_agent import call_agent
from services.edge.calls.call_state import CallState


async def test_its_texts_are_those_of_the_call(tmp_path: Path) -> None:
    """The fallback, which Twilio speaks, is rendered like the agent's own words."""
    (tmp_path / "shop.yaml").write_text("prompt: x\nfallback: {say: 'Sorry, {{ parameters.name }}.'}")
    call = CallState(0, "shop", data=CallData(parameters={"name": "Ana"}))

    agent = await call_agent(AgentStore(str(tmp_path)), call)

    assert agent.fallback.say == "Sorry, Ana."
