"""Tests for the agents of one call."""

from pathlib import Path

import pytest

from parley.agent_config import AgentConfig, CallData, Limits
from parley.agent_store import AgentStore
from parley.errors import ConfigError
from parley.runtime.call_agents import CallAgents

DATA = CallData(caller_number="+15550001")
FIRST = AgentConfig(name="front", prompt="p", limits=Limits(max_call_s=60))


async def test_the_length_of_a_call_is_limited_by_the_agent_that_answered(tmp_path: Path) -> None:
    """The edge enforces it from the start of the call."""
    (tmp_path / "sales.yaml").write_text("prompt: Sell to {{ caller.number }}.\nlimits: {max_call_s: 900}\n")

    found = await CallAgents(FIRST, "v1", AgentStore(str(tmp_path)), DATA).find("sales")

    assert (found.name, found.config.prompt, found.config.limits.max_call_s) == (
        "sales",
        "Sell to +15550001.",
        60,
    )


async def test_an_agent_is_found_in_another_language(tmp_path: Path) -> None:
    """An agent that does not speak it has the language in which the call began."""
    (tmp_path / "front.yaml").write_text(
        "prompt: p\nlanguage: en\nlanguages: {de: {greeting: Guten Tag}}\nlimits: {max_call_s: 900}\n"
    )
    agents = AgentStore(str(tmp_path))
    call = CallAgents(FIRST, "", agents, DATA)

    german = (await call.find("", "", "de")).config
    assert (german.language, german.greeting.text, german.limits.max_call_s) == ("de", "Guten Tag", 60)
    assert german.spoken_languages == ("en", "de")
    assert (await call.find("front", "", "sv")).config.language == "en"
    assert (await call.find("", "", "en")).config is FIRST


async def test_the_agent_that_answered_keeps_its_version(tmp_path: Path) -> None:
    """Its file may have changed during the call."""
    agents = CallAgents(FIRST, "v1", AgentStore(str(tmp_path)), DATA)

    assert (await agents.find("")).config is FIRST
    assert (await agents.find("front")).config is FIRST
    assert (await agents.find("front", "v1")).version == "v1"
    with pytest.raises(ConfigError, match="sales"):
        await agents.find("sales")
