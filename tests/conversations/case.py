"""Reads and validates one conversation from its YAML file. No clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.caller.script import Script, ScriptError, parse_script

_KEYS = ("about", "agent", "model", "second model", "network", "caller", "expect")
_AGENT = {
    "greeting": "Hello.",
    "prompt": "You answer the phone of a clinic.",
    "idle": {"timeout_s": 60},
    "fillers": {"phrases": []},
}
_MODEL = [{"say": "I see."}]


class CaseError(ValueError):
    """A file is invalid; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation: agent, model, caller and expectations."""

    name: str
    about: str
    agent: Mapping[str, Any]
    model: list[Any]
    script: Script
    expect: Mapping[str, Any]
    second_model: list[Any] = field(default_factory=list)
    network: Mapping[str, Any] = field(default_factory=dict)

    def files(self, folder: Path) -> dict[Path, str]:
        """The agent file and the scenarios of its models, by path."""
        first, second = folder / f"{self.name}-model.yaml", folder / f"{self.name}-second.yaml"
        llm = {"model": str(first), **self.agent.get("llm", {})}
        files = {first: yaml.safe_dump({"rules": self.model})}
        if self.second_model:
            files[second] = yaml.safe_dump({"rules": self.second_model})
            llm["fallbacks"] = [{"model": str(second)}]
        agent = {**_AGENT, **self.agent, "llm": llm}
        return {folder / f"{self.name}.yaml": yaml.safe_dump(agent), **files}


def read_case(path: Path) -> Case:
    """Read a conversation.

    Raises:
        CaseError: the file is not YAML, or has an unknown key or an invalid step.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise CaseError(f"{path.name}: is not YAML: {error}") from None
    if not isinstance(data, dict) or not {"about", "caller", "expect"} <= set(data):
        raise CaseError(f"{path.name}: needs `about`, `caller` and `expect`")
    if unknown := sorted(set(data) - set(_KEYS)):
        raise CaseError(f"{path.name}: unknown key {unknown[0]!r} (known: {', '.join(_KEYS)})")
    if not isinstance(data["expect"], dict) or not data["expect"]:
        raise CaseError(f"{path.name}: `expect` must contain at least one expectation")
    try:
        script = parse_script({"steps": data["caller"]}, path.name)
    except ScriptError as error:
        raise CaseError(str(error)) from None
    return Case(
        name=path.stem,
        about=str(data["about"]),
        agent=data.get("agent") or {},
        model=data.get("model") or _MODEL,
        script=script,
        expect=data["expect"],
        second_model=data.get("second model") or [],
        network=data.get("network") or {},
    )
