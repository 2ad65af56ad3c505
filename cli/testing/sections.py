"""Reads the sections of a test file; an unusable value is a ValueError with the remedy. No clock."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.testing.audio_files import with_audio
from cli.testing.expectations.registry import JUDGED
from cli.testing.expectations.values import positive, texts
from cli.testing.judge import judge_rules
from cli.testing.located_yaml import suggestion
from cli.testing.model_caller import Persona, persona_rules
from sandbox.caller.script import Script
from sandbox.caller.script_fields import ScriptError
from sandbox.caller.script_parser import parse_script
from sandbox.openai.scenario import ScenarioError, parse_scenario
from sandbox.twilio.faults import Faults

_PERSONA_KEYS = ("persona", "goal", "max_turns", "voice", "model")
_MAX_TURNS = 100
_PERSON_KEYS = ("answer", "ring_s", "steps")
_ANSWERS = ("person", "machine", "busy", "no-answer", "failed")
_CALL_KEYS = ("from", "to", "parameters")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The telephone numbers of a call, empty for those of the sandbox, and the data that came with it."""

    from_number: str = ""
    to_number: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_script(data: Any, folder: Path) -> Script:
    """The steps of a caller; the files of its `play` steps are beside the test."""
    body = {"steps": data} if isinstance(data, list) else data
    if isinstance(body, Mapping) and isinstance(body.get("steps"), list):
        body = {**body, "steps": list(_with_audio(body["steps"], folder))}
    return parse_script(body, "caller")


def _with_audio(steps: list[Any], folder: Path) -> Iterator[Any]:
    for number, step in enumerate(steps, 1):
        try:
            yield with_audio(step, folder)
        except ValueError as error:
            raise ScriptError(f"caller: step {number}: {error}") from None


def read_persona(data: Mapping[str, Any]) -> Persona:
    """A caller played by a model."""
    for key in data:
        if key not in _PERSONA_KEYS:
            raise ValueError(f"unknown key `{key}`; {suggestion(str(key), _PERSONA_KEYS)}")
    for key in ("persona", "goal"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise ValueError(f"{key}: a caller played by a model needs one, as text")
    turns, voice = data.get("max_turns", 12), data.get("voice", "rms")
    if isinstance(turns, bool) or not isinstance(turns, int) or not 1 <= turns <= _MAX_TURNS:
        raise ValueError(f"max_turns: must be a whole number from 1 to {_MAX_TURNS}, not {turns!r}")
    if voice not in ("rms", "espeak"):
        raise ValueError(f"voice: must be rms or espeak, not {voice!r}")
    rules = _list_of_mappings(data.get("model"))
    read_rules(persona_rules(rules) or None)
    return Persona(data["persona"].strip(), data["goal"].strip(), turns, voice, rules)


def read_judged(expect: Any) -> tuple[str, ...]:
    """The statements that a model judges."""
    return texts(expect[JUDGED]) if isinstance(expect, Mapping) and JUDGED in expect else ()


def read_judge_rules(data: Any) -> list[Any]:
    """Scripted judgements."""
    rules = _list_of_mappings(data)
    read_rules(judge_rules(rules) or None)
    return rules


def read_agents(data: Any) -> Mapping[str, Any]:
    """Agents by their name."""
    for name, agent in read_mapping(data).items():
        if not isinstance(name, str) or not isinstance(agent, Mapping):
            raise ValueError("must be a mapping of names and agents, as in `sales: {prompt: You sell.}`")
    return read_mapping(data)


def _list_of_mappings(data: Any) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(item, Mapping) for item in data):
        raise ValueError("model: must be a list of rules")
    return data


def read_rules(data: Any) -> list[Any]:
    """Rules of the emulated model."""
    if data is None:
        return []
    if not isinstance(data, list) or not data:
        raise ValueError("must be a list of rules such as `- say: Yes?`")
    try:
        parse_scenario({"rules": data}, "")
    except ScenarioError as error:
        raise ValueError(str(error).removeprefix(": ")) from None
    return data


def read_network(data: Any) -> Mapping[str, Any]:
    """Faults of the connection."""
    try:
        Faults.model_validate(data or {})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        hint = (
            "; " + suggestion(name, tuple(Faults.model_fields)) if first["type"] == "extra_forbidden" else ""
        )
        raise ValueError(f"{name}: {first['msg']}{hint}") from None
    return read_mapping(data)


def read_call(data: Any) -> CallFacts:
    """The telephone numbers and the parameters of a call."""
    section = read_mapping(data)
    for key in section:
        if key not in _CALL_KEYS:
            raise ValueError(f"unknown key {key!r}; {suggestion(str(key), _CALL_KEYS)}")
    # YAML reads +15550100 as a number and drops the sign.
    numbers = {
        key: f"+{value}" if isinstance(value, int) else str(value)
        for key, value in section.items()
        if key != "parameters"
    }
    parameters: dict[str, str] = {}
    for name, value in read_mapping(section.get("parameters")).items():
        if not _PARAMETER.fullmatch(str(name)) or name == "agent":
            raise ValueError(f"parameters: {name!r} is not a name of lower-case letters, digits and `_`")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"parameters: {name}: must be text, not {value!r}; put it in quotes")
        parameters[str(name)] = str(value)
    return CallFacts(numbers.get("from", ""), numbers.get("to", ""), parameters)


def read_people(data: Any) -> dict[str, dict[str, Any]]:
    """People who answer when the agent calls their number, as the emulator takes them."""
    people: dict[str, dict[str, Any]] = {}
    for number, person in read_mapping(data).items():
        # YAML reads +15550100 as a number and drops the sign.
        name = f"+{number}" if isinstance(number, int) else str(number)
        fields = read_mapping(person)
        for key in fields:
            if key not in _PERSON_KEYS:
                raise ValueError(f"{name}: unknown key `{key}`; {suggestion(str(key), _PERSON_KEYS)}")
        answer = fields.get("answer", "person")
        if answer not in _ANSWERS:
            raise ValueError(f"{name}: answer: must be one of {', '.join(_ANSWERS)}, not {answer!r}")
        callee: dict[str, Any] = {"answer": answer}
        if "ring_s" in fields:
            callee["ring_s"] = positive(fields["ring_s"])
        if "steps" in fields:
            try:
                parse_script({"steps": fields["steps"]}, "steps")
            except ScriptError as error:
                raise ValueError(f"{name}: {error}") from None
            callee["script"] = {"steps": fields["steps"]}
        people[name] = callee
    return people


def read_mapping(data: Any) -> Mapping[str, Any]:
    """A section of keys and values; an absent one is empty."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise ValueError(f"must be a mapping of keys and values, not {data!r}")
    return data
