"""Reads and validates one conversation test from its YAML file. No clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.testing.expectations.registry import JUDGED, Expectation, read_expectations
from cli.testing.located_yaml import Key, LocatedYaml, YamlProblem, load, suggestion
from cli.testing.model_caller import START, Persona
from cli.testing.sections import (
    CallFacts,
    read_agents,
    read_call,
    read_judge_rules,
    read_judged,
    read_mapping,
    read_network,
    read_people,
    read_persona,
    read_rules,
    read_script,
)
from cli.testing.turns import CallSummary, from_data
from sandbox.caller.script import Script
from sandbox.caller.script_fields import ScriptError

_KEYS = (
    "about",
    "agent file",
    "agent",
    "other agents",
    "model",
    "second model",
    "judge model",
    "network",
    "call",
    "people",
    "caller",
    "expect",
    "recorded",
)
_REQUIRED = ("about", "caller", "expect")
_MODEL = [{"say": "I see."}]
_MAX_FILE_BYTES = 1_000_000
_STEP = re.compile(r"caller: (?:step (\d+)(?: \([\w ]*\))*: )?(.*)", re.DOTALL)
"""A message of the script's parser: the step and the reason."""


class CaseError(ValueError):
    """A test file is invalid; each line of the message names the file, the line and the key."""


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation: agent, model, caller and expectations."""

    name: str
    path: Path
    about: str
    agent_file: Path | None
    """The agent file that answers; None if `agent` has all of it."""
    agent: Mapping[str, Any]
    """Keys that replace those of the agent file."""
    model: list[Any]
    """Scripted answers of the emulated model."""
    script: Script
    """Steps of the caller; only the start if a model plays it."""
    expect: tuple[Expectation, ...]
    persona: Persona | None = None
    """Set if a model plays the caller."""
    judged: tuple[str, ...] = ()
    """Statements that a model judges."""
    judge_model: list[Any] = field(default_factory=list)
    """Scripted judgements of the emulated model."""
    other_agents: Mapping[str, Any] = field(default_factory=dict)
    """Agents to which this call may be handed over, beside those in the folder of the agent file."""
    second_model: list[Any] = field(default_factory=list)
    network: Mapping[str, Any] = field(default_factory=dict)
    call: CallFacts = field(default_factory=CallFacts)
    people: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """People whom the agent may call, by number, in the format of the emulator."""
    recorded: CallSummary | None = None
    """Summary of the call that the test was made of."""


def read_case(path: Path, agent_file: Path | None = None) -> Case:
    """Read a conversation; `agent_file` is used if neither the file nor its folder names another.

    Raises:
        CaseError: the file is not YAML, or has an unknown key, an invalid step or an invalid expectation.
    """
    file = _load(path)
    problems = _key_problems(file)
    if not isinstance(file.data, Mapping) or not all(file.data.get(key) for key in _REQUIRED):
        raise CaseError("\n".join(problems))
    data: Mapping[str, Any] = file.data
    expect, wrong = read_expectations(file)
    problems += wrong
    persona: Persona | None = None
    script = START
    if isinstance(data["caller"], Mapping) and "persona" in data["caller"]:
        persona = _read(file, ("caller",), problems, lambda: read_persona(data["caller"]), None)
    else:
        script = _read(file, ("caller",), problems, lambda: read_script(data["caller"], path.parent), START)
    model = _read(file, ("model",), problems, lambda: read_rules(data.get("model")), [])
    second = _read(file, ("second model",), problems, lambda: read_rules(data.get("second model")), [])
    network = _read(file, ("network",), problems, lambda: read_network(data.get("network")), {})
    call = _read(file, ("call",), problems, lambda: read_call(data.get("call")), CallFacts())
    agent = _read(file, ("agent",), problems, lambda: read_mapping(data.get("agent")), {})
    others = _read(file, ("other agents",), problems, lambda: read_agents(data.get("other agents")), {})
    people = _read(file, ("people",), problems, lambda: read_people(data.get("people")), {})
    judged = _read(file, ("expect", JUDGED), problems, lambda: read_judged(data["expect"]), ())
    judgements = _read(
        file, ("judge model",), problems, lambda: read_judge_rules(data.get("judge model")), []
    )
    agent_path = _read(
        file, ("agent file",), problems, lambda: _agent_file(path, data.get("agent file"), agent_file), None
    )
    recorded = _read(file, ("recorded",), problems, lambda: from_data(data.get("recorded")), None)
    if problems:
        raise CaseError("\n".join(sorted(problems, key=_line_of)))
    return Case(
        name=path.stem,
        path=path,
        about=str(data["about"]),
        agent_file=agent_path,
        agent=agent,
        model=model or _MODEL,
        script=script,
        expect=expect,
        persona=persona,
        judged=judged,
        judge_model=judgements,
        other_agents=others,
        people=people,
        second_model=second,
        network=network,
        call=call,
        recorded=recorded,
    )


def own_agent_file(path: Path) -> Path | None:
    """The agent file of the tests in `tests/NAME`: `NAME.yaml` beside `tests`; None in any other folder."""
    folder = path.absolute().parent
    return folder.parent.parent / f"{folder.name}.yaml" if folder.parent.name == "tests" else None


def is_test(path: Path) -> bool:
    """Whether a YAML file is a test rather than an agent file; a file that cannot be read counts as one."""
    try:
        data = _load(path).data
    except CaseError:
        return own_agent_file(path) is not None
    return isinstance(data, Mapping) and (any(key in data for key in _REQUIRED) or "prompt" not in data)


def has_test_keys(path: Path) -> bool:
    """Whether a YAML file of a folder with other files too has a key that only tests have."""
    try:
        data = _load(path).data
    except CaseError:
        return False
    return isinstance(data, Mapping) and any(key in data for key in _REQUIRED)


def _load(path: Path) -> LocatedYaml:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise CaseError(f"{path}: is larger than {_MAX_FILE_BYTES // 1_000_000} MB")
        return load(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot be read: {error}") from None
    except YamlProblem as error:
        raise CaseError(str(error)) from None


def _key_problems(file: LocatedYaml) -> list[str]:
    data = file.data
    if not isinstance(data, Mapping):
        return [file.problem((), "needs `about`, `caller` and `expect`")]
    problems = [
        file.problem((str(key),), f"unknown key {str(key)!r}; {suggestion(str(key), _KEYS)}")
        for key in data
        if key not in _KEYS
    ]
    missing = [key for key in _REQUIRED if not data.get(key)]
    if missing:
        names = ", ".join(f"`{key}`" for key in missing)
        problems.append(file.problem((), f"needs `about`, `caller` and `expect`; missing or empty: {names}"))
    return problems


def _read(file: LocatedYaml, key: Key, problems: list[str], read: Any, otherwise: Any) -> Any:
    """The value of one key; a problem is added to the list instead of raised, so that all are reported."""
    try:
        return read()
    except ScriptError as error:
        found = _STEP.match(str(error))
        step, text = (found[1], found[2]) if found else (None, str(error))
        if step is not None:
            steps: Key = (*key, "steps")
            key = (*(steps if steps in file.lines else key), int(step) - 1)
        problems.append(file.problem(key, text))
    except (ValueError, TypeError) as error:
        problems.append(file.problem(key, str(error)))
    return otherwise


def _agent_file(path: Path, named: Any, given: Path | None) -> Path | None:
    found = given or own_agent_file(path) if named is None else path.parent / str(named)
    if found is None:
        return None
    if not found.is_file():
        raise ValueError(f"there is no agent file {found}")
    return found


def _line_of(problem: str) -> tuple[str, int]:
    name, _, rest = problem.partition(":")
    line = rest.partition(":")[0]
    return name, int(line) if line.isdecimal() else 0
