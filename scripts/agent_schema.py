"""Make docs/agent.schema.json: the JSON Schema of the agent file, for editors."""

import json
from pathlib import Path
from typing import Any

from parley.agent_config import AgentConfig

TARGET = Path(__file__).parents[1] / "docs" / "agent.schema.json"
_EDITOR_ONLY = ("name",)
"""Keys that the program adds itself."""


def schema() -> dict[str, Any]:
    """The schema, with the attributes' docstrings as descriptions."""
    made = AgentConfig.model_json_schema(mode="validation")
    for name in _EDITOR_ONLY:
        made["properties"].pop(name)
    # An entry has the keys of the file that are different in the language.
    entry = {key: value for key, value in made["properties"].items() if key not in ("languages", "numbers")}
    made["properties"]["languages"]["additionalProperties"] = {
        "type": "object",
        "properties": entry,
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Agent file of Parley",
        **{key: value for key, value in made.items() if key != "title"},
    }


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
