"""Reads from a refused agent file what an announcement needs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from parley.agent_config.agent import AgentConfig
from parley.agent_config.language import spoken_language


def salvage_agent(folder: str | Path, name: str) -> AgentConfig | None:
    """Return an agent with the language, the numbers and the announcement of a file that is otherwise wrong.

    It can take no calls. None if not even these can be read.
    """
    if not name or Path(name).name != name:
        return None
    try:
        data = yaml.safe_load((Path(folder) / f"{name}.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if not isinstance(data, Mapping):
        return None
    language = {"name": name, "prompt": "-", "language": spoken_language(data)}
    fallback = data.get("fallback")
    voice = fallback.get("voice", "") if isinstance(fallback, Mapping) else ""
    text = {"unavailable": data["unavailable"]} if data.get("unavailable") else {}
    announced = {**language, **text, "fallback": {"voice": voice}}
    numbers = {"numbers": _numbers(data.get("numbers"))}
    found = (_valid({**fields, **numbers}) or _valid(fields) for fields in (announced, language))
    return next((agent for agent in found if agent is not None), None)


def _numbers(entries: object) -> list[object]:
    """The numbers without their languages, which may be wrong."""
    if not isinstance(entries, list):
        return []
    return [entry.get("number") if isinstance(entry, Mapping) else entry for entry in entries]


def _valid(data: Mapping[str, Any]) -> AgentConfig | None:
    try:
        return AgentConfig.model_validate(data)
    except ValidationError:
        return None
