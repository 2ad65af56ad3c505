"""Tests for the tool that changes the language."""

import json

import pytest

from parley.agent_config import AgentConfig
from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed
from services.brain.tools.switch_language import build, language_of

AGENT = AgentConfig.model_validate({"prompt": "p", "language": "en", "languages": {"de": {}, "es": {}}})


def call(arguments: str) -> ToolCall:
    return ToolCall("t1", "switch_language", arguments, "r1")


async def test_the_other_languages_are_offered() -> None:
    """From each language to the others."""
    for spoken, others in (("en", ["de", "es"]), ("de", ["en", "es"])):
        [tool] = build(AGENT.in_language(spoken))
        assert tool.parameters["properties"]["language"]["enum"] == others
    [tool] = build(AGENT)
    assert json.loads(await tool.run(call('{"language": "es"}'))) == {"language": "es"}
    assert "German" in tool.description


def test_a_realtime_model_is_to_follow_the_caller() -> None:
    """Its transcripts name no language, so nothing else does."""
    keys = AGENT.model_dump(include={"prompt", "language", "languages"})
    follows = [
        build(AgentConfig.model_validate({**keys, **more}))[0].description
        for more in ({"mode": "realtime"}, {"mode": "realtime", "language_detection": False}, {})
    ]
    assert ["or speaks it" in description for description in follows] == [True, False, False]


@pytest.mark.parametrize("arguments", ['{"language": "en"}', '{"language": "fr"}', "[]", "no json"])
async def test_another_value_is_refused(arguments: str) -> None:
    """The text is for the model."""
    [tool] = build(AGENT)
    with pytest.raises(ToolFailed, match="de, es"):
        await tool.run(call(arguments))


def test_an_agent_of_one_language_has_no_tool() -> None:
    """A model would call it."""
    assert not build(AgentConfig(prompt="p"))
    assert language_of(call('{"language": 5}')) == ""
