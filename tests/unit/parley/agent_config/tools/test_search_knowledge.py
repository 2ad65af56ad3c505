"""The tool that searches documents."""

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool


def test_the_section_of_an_agent_file() -> None:
    entry = {"type": "search_knowledge", "names": ["helpdesk"], "mode": "always"}
    agent = AgentConfig.model_validate({"prompt": "x", "tools": ["end_call", entry]})
    section = agent.tools[1]
    assert isinstance(section, SearchKnowledgeTool)
    assert (section.tool_names, section.names, section.top_k) == (("search_knowledge",), ("helpdesk",), 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"names": []},
        {"names": ["Help Desk"]},
        {"names": ["a"], "mode": "x"},
        {"names": ["a"], "top_k": 0},
    ],
)
def test_refused_sections(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AgentConfig.model_validate({"prompt": "x", "tools": [{"type": "search_knowledge", **wrong}]})
