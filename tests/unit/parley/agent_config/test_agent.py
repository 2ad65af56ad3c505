"""The agent file as a whole."""

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, EndCallTool, HttpTool


def _tool(name: str) -> HttpTool:
    return HttpTool(name=name, description="Books a visit.", url="https://example.com/visits")


def test_only_the_prompt_is_required() -> None:
    """Each other key has a default."""
    assert AgentConfig(prompt="x").tools == (EndCallTool(),)
    with pytest.raises(ValidationError, match="prompt"):
        AgentConfig.model_validate({})


@pytest.mark.parametrize("names", [("book", "book"), ("end_call",)])
def test_the_names_of_tools_are_unique(names: tuple[str, ...]) -> None:
    """The model refers to a tool by its name."""
    with pytest.raises(ValidationError, match="names must be unique"):
        AgentConfig(prompt="x", tools=(EndCallTool(), *map(_tool, names)))
