"""Checks agent files without a running system."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.agent_config import parse_agent, texts_problem
from parley.agent_config.loading import decode_agent
from parley.agent_config.problem import AgentFileError, Problem
from parley.agent_config.yaml_file import read_yaml
from parley.agent_store import LoadedAgent, number_conflicts, version_of
from parley.errors import ConfigError
from parley.providers.registry import check_agent, kinds_of


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """An agent file with the mistakes in it."""

    path: Path
    agent: LoadedAgent | None
    """Missing if the file cannot be used."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the agent."""
        return self.path.stem


def check_files(paths: Sequence[Path]) -> list[CheckedFile]:
    """Check files, and that no two of them name the same phone number."""
    checked = [_check_file(path) for path in paths]
    conflicts = number_conflicts(each.agent for each in checked if each.agent is not None)
    return [_with_conflicts(each, conflicts) for each in checked]


def _check_file(path: Path) -> CheckedFile:
    try:
        text = decode_agent(path.read_bytes(), str(path))
        agent = LoadedAgent(path.stem, version_of(text), parse_agent(text, path.stem, str(path)), text)
    except AgentFileError as error:
        return CheckedFile(path, None, error.problems)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        return CheckedFile(path, None, (Problem(0, "", reason),))
    problems = tuple(_provider_problems(agent))
    warning = texts_problem(agent.config)
    return CheckedFile(path, agent, problems, (warning,) if warning else ())


def _provider_problems(agent: LoadedAgent) -> Iterator[Problem]:
    for kind in kinds_of(agent.config):
        try:
            check_agent(agent.config, kind)
        except ConfigError as error:
            reason = str(error).removeprefix(f"agent {agent.name}: ")
            yield read_yaml(agent.text).problem(reason, key=kind)


def _with_conflicts(checked: CheckedFile, conflicts: dict[str, tuple[str, ...]]) -> CheckedFile:
    own = [
        Problem(0, "numbers", f"{number} is also in {' and '.join(n for n in names if n != checked.name)}")
        for number, names in conflicts.items()
        if checked.name in names
    ]
    if not own:
        return checked
    return CheckedFile(checked.path, checked.agent, (*checked.problems, *own), checked.warnings)
