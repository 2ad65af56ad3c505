"""The page about the agent file shows every key with its default."""

import re
from pathlib import Path

import yaml

from parley.agent_config import AgentConfig

PAGE = (Path(__file__).parents[2] / "docs" / "agent-file.md").read_text("utf-8")


def test_the_page_shows_every_key_with_its_default() -> None:
    """The example is read as an agent file."""
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    data = next(yaml.safe_load(example) for example in examples if "\nprompt:" in example)

    shown = AgentConfig.model_validate({**data, "prompt": "x"})
    assert shown == AgentConfig(prompt="x")
    assert set(data) == set(AgentConfig.model_fields) - {"name"}
    for part in (
        "stt",
        "llm",
        "tts",
        "turn_taking",
        "openers",
        "fillers",
        "dtmf",
        "reconnect",
        "fallback",
        "idle",
    ):
        assert set(data[part]) == set(AgentConfig.model_fields[part].annotation.model_fields)  # type: ignore[union-attr]
