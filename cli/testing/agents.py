"""Writes the agent files of the tests' calls, with scripted models in place of the real ones. No clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cli.testing.case import Case, CaseError
from cli.testing.judge import judge_rules
from cli.testing.model_caller import persona_rules
from parley.agent_config import load_agent_config
from parley.errors import ConfigError

_MAX_NAME_CHARACTERS = 60
_SCENARIO_PREFIX = "sandbox-"
_OF_PROVIDER = ("provider", "model", "voice", "options", "fallbacks", "api", "profile", "extra")
"""Keys of `stt`, `llm` and `tts` that mean nothing to an emulator."""
_EMULATED = {"stt": "deepgram", "llm": "openai", "tts": "elevenlabs"}


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A test whose agent file is written."""

    case: Case
    agent: str
    """Name of the agent file that answers."""
    scenario: Path | None
    """Scripted answers of every agent in the call; None with a real model."""
    judge_scenario: Path | None = None
    """Scripted judgements; None without any, or with a real model."""
    caller_scenario: Path | None = None
    """Scripted lines of a caller played by a model; None without any, or with a real model."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders that the system under test reads, and the files that were written to them."""

    agents: Path
    scenarios: Path
    is_own: bool = True
    """Whether the folder of agents is of the tests alone; otherwise it already has its other agents."""
    tag: str = ""
    """Part of the names of agents, to be unique in a folder that is not of the tests alone."""
    written: list[Path] = field(default_factory=list)

    def write(self, path: Path, data: Any) -> None:
        """Write a YAML file."""
        path.write_text(_dumped(data), encoding="utf-8")
        self.written.append(path)

    def remove_written(self) -> None:
        """Remove the files from a folder that is not of the tests alone."""
        for path in () if self.is_own else self.written:
            path.unlink(missing_ok=True)


STAGES = frozenset({"stt", "llm", "tts"})


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of the system under test."""

    emulated: frozenset[str] = STAGES
    """Stages whose built-in provider is the emulator."""
    live: bool = False
    """Whether agents keep their other providers, and their models wherever these are real."""

    def are_emulated(self, stage: str, section: Mapping[str, Any]) -> bool:
        """Whether an agent's section of a stage is replaced by the emulated provider."""
        is_built_in = section.get("provider", _EMULATED[stage]) == _EMULATED[stage]
        return not self.live or (is_built_in and stage in self.emulated)


def prepare(
    cases: Sequence[Case], folders: Folders, providers: Providers, *, own_models: bool = False
) -> list[PreparedCase | CaseError]:
    """Write each case's agent file, the other agents beside it, and the scenarios of the models.

    A case whose agent file is invalid gets an error instead; the others are not affected.

    Args:
        cases: The tests.
        folders: Where to write.
        providers: The providers that the agents will have.
        own_models: Let agents keep a model that is a scenario of the emulator.
    """
    for folder in (folders.agents, folders.scenarios):
        folder.mkdir(parents=True, exist_ok=True)
    if folders.is_own:
        for source in dict.fromkeys(case.agent_file.parent for case in cases if case.agent_file):
            _copy_neighbours(source, folders, providers)
    prepared: list[PreparedCase | CaseError] = []
    people: dict[str, Any] = {}
    for number, case in enumerate(cases, 1):
        name = f"{_agent_name(case, number)}{folders.tag}"
        item: PreparedCase | CaseError
        try:
            _check_people(case, people)
            item = _write(case, name, folders, providers, own_models=own_models)
            load_agent_config(folders.agents, name)
        except ConfigError as error:
            item = CaseError(
                str(error).replace(str(folders.agents / f"{name}.yaml"), str(case.agent_file or case.path))
            )
        prepared.append(item)
    return prepared


def _check_people(case: Case, people: dict[str, Any]) -> None:
    for number, person in case.people.items():
        if people.setdefault(number, person) != person:
            raise ConfigError(
                f"{case.path}: people: another test of this run has someone else at {number};"
                " choose another number"
            )


def _agent_name(case: Case, number: int) -> str:
    parts = [case.agent_file.stem] if case.agent_file else []
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", "-".join([*parts, case.name]))
    return f"{safe[:_MAX_NAME_CHARACTERS]}-test{number}"


def _write(
    case: Case, name: str, folders: Folders, providers: Providers, *, own_models: bool
) -> PreparedCase:
    base = _read_agent(case.agent_file) if case.agent_file else {}
    _write_others(case, folders, providers)
    path = folders.agents / f"{name}.yaml"
    agent = _emulated(base, providers)
    if not providers.are_emulated("llm", _section(base, "llm")):
        folders.write(path, _merged(agent, case.agent))
        return PreparedCase(case, name, None)
    if own_models and (model := _scenario_of(base)):
        folders.write(path, _merged(_merged(agent, {"llm": {"model": model}}), case.agent))
        return PreparedCase(case, name, None)
    first, second = folders.scenarios / f"{name}.yaml", folders.scenarios / f"{name}-second.yaml"
    folders.write(first, {"rules": case.model})
    scripted: dict[str, Any] = {"model": str(first)}
    if case.second_model:
        folders.write(second, {"rules": case.second_model})
        scripted["fallbacks"] = [{"model": str(second)}]
    section = "realtime" if {**agent, **case.agent}.get("mode") == "realtime" else "llm"
    folders.write(path, _merged(_merged(agent, {section: scripted}), case.agent))
    lines = case.persona.rules if case.persona else ()
    return PreparedCase(
        case,
        name,
        first,
        _write_rules(folders, f"{name}-judge", judge_rules(case.judge_model)),
        _write_rules(folders, f"{name}-caller", persona_rules(lines)),
    )


def _scenario_of(agent: Mapping[str, Any]) -> str:
    """The model of an agent that is a scenario of the emulator; empty for any other."""
    model = str(_section(agent, "llm").get("model", ""))
    return model if model.startswith(_SCENARIO_PREFIX) or model.endswith(".yaml") else ""


def _write_rules(folders: Folders, name: str, rules: Sequence[Mapping[str, Any]]) -> Path | None:
    if not rules:
        return None
    path = folders.scenarios / f"{name}.yaml"
    folders.write(path, {"rules": list(rules)})
    return path


def _write_others(case: Case, folders: Folders, providers: Providers) -> None:
    """Write the agents that only this test has; another test may have the same ones."""
    for name, agent in case.other_agents.items():
        path = folders.agents / f"{name}.yaml"
        data = _emulated(agent, providers)
        if path.is_file() and path.read_text("utf-8") != _dumped(data):
            raise ConfigError(
                f"{case.path}: other agents: another agent is named {name} already in this run;"
                " choose another name"
            )
        if not path.is_file():
            folders.write(path, data)
        load_agent_config(folders.agents, name)


def _copy_neighbours(source: Path, folders: Folders, providers: Providers) -> None:
    """Make the other agents, to which a call may be handed over, and the files that they name available."""
    for path in sorted(source.iterdir()):
        target = folders.agents / path.name
        if target.exists() or path.name == "tests":
            continue
        if path.suffix != ".yaml":
            target.symlink_to(path.resolve())
            continue
        try:
            data = _read_agent(path)
        except ConfigError:
            # A test that uses it fails with the reason; others do not need it.
            continue
        folders.write(target, _emulated(data, providers))


def _read_agent(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path}: must contain keys such as `prompt` and `greeting`")
    return data


def _emulated(agent: Mapping[str, Any], providers: Providers) -> dict[str, Any]:
    """The agent with the emulated providers: their models stay, voices of an account do not exist there.

    Telephone numbers are left out, because tests call agents by their name.
    """
    changed = {key: value for key, value in agent.items() if key != "numbers"}
    for stage, provider in _EMULATED.items():
        section = agent.get(stage)
        if not isinstance(section, Mapping) or not providers.are_emulated(stage, section):
            continue
        keeps_model = stage != "llm" and section.get("provider", provider) == provider
        dropped = [key for key in _OF_PROVIDER if key != "model" or not keeps_model]
        changed[stage] = {key: value for key, value in section.items() if key not in dropped}
    languages = agent.get("languages")
    if isinstance(languages, Mapping):
        changed["languages"] = {
            tag: _emulated(entry, providers) if isinstance(entry, Mapping) else entry
            for tag, entry in languages.items()
        }
    return changed


def _section(agent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = agent.get(name)
    return section if isinstance(section, Mapping) else {}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with changes; sections are merged, all other values replaced."""
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(before, value) if both and isinstance(before, Mapping) else value
    return merged


def _dumped(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
