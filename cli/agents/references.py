"""Checks what agent files name outside of themselves: other agents, numbers, documents, calendars. No I/O."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points

from cli.agents.checks import CheckedFile
from parley.agent_config import AgentConfig, PythonTool
from parley.agent_config.problem import Problem
from parley.agent_config.tools.appointments import BookAppointmentTool
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.agent_config.yaml_file import read_yaml
from parley.agent_store import LoadedAgent, number_conflicts
from parley.tools import ENTRY_POINT_GROUP


@dataclass(frozen=True, slots=True)
class ExistingNames:
    """The names that exist outside of the checked files."""

    files: tuple[LoadedAgent, ...] = ()
    """The other agents of the folder."""
    applied: tuple[LoadedAgent, ...] = ()
    """The current versions in the bucket; empty without a system."""
    knowledge_bases: frozenset[str] | None = None
    """The names in the database; None if it was not read."""
    calendars: frozenset[str] | None = None


def with_references(files: Sequence[CheckedFile], existing: ExistingNames) -> list[CheckedFile]:
    """Return the files with the mistakes and warnings about what they name."""
    own = {each.name: each.agent.config for each in files if each.agent is not None}
    applied = [agent for agent in existing.applied if agent.name not in {each.name for each in files}]
    others = {agent.name: agent.config for agent in (*existing.files, *applied)}
    agents, names = {**others, **own}, {*others, *(each.name for each in files)}
    conflicts = _conflicts_with(files, applied)
    return [
        each
        if each.agent is None
        else replace(
            each,
            problems=(
                *each.problems,
                *_missing_agents(each, names),
                *_other_modes(each, agents, others),
                *conflicts.get(each.name, ()),
            ),
            warnings=(*each.warnings, *_warnings(each.agent.config, each.name, agents, existing)),
        )
        for each in files
    ]


def _missing_agents(checked: CheckedFile, agents: Iterable[str]) -> Iterator[Problem]:
    if checked.agent is None:
        return
    lines = read_yaml(checked.agent.text)
    names = sorted(set(agents) - {checked.name})
    for number, handoff in enumerate(checked.agent.config.handoffs):
        if handoff.agent in names:
            continue
        close = difflib.get_close_matches(handoff.agent, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names) or 'no other agents'}"
        yield Problem(
            lines.line_of(("handoffs", number, "agent")),
            f"handoffs.{number}.agent",
            f"the agent {handoff.agent!r} does not exist; {hint}",
        )


def _other_modes(
    checked: CheckedFile, agents: Mapping[str, AgentConfig], unchecked: Mapping[str, AgentConfig]
) -> Iterator[Problem]:
    """The hand-offs of an agent, and those of `unchecked` to it, that fail because a call keeps its mode."""
    if checked.agent is None:
        return
    config, lines = checked.agent.config, read_yaml(checked.agent.text)
    for number, handoff in enumerate(config.handoffs):
        other = agents.get(handoff.agent)
        if other is not None and other.mode != config.mode:
            yield Problem(
                lines.line_of(("handoffs", number, "agent")),
                f"handoffs.{number}.agent",
                f"{handoff.agent} has `mode: {other.mode}` and this agent `mode: {config.mode}`, but a call"
                " keeps its mode; give both agents the same mode",
            )
    for name, other in unchecked.items():
        if other.mode != config.mode and checked.name in [handoff.agent for handoff in other.handoffs]:
            yield Problem(
                lines.line_of(("mode",)),
                "mode",
                f"{name} has `mode: {other.mode}` and hands over to this agent with `mode: {config.mode}`,"
                " but a call keeps its mode; change and apply both agents together",
            )


def _conflicts_with(
    files: Sequence[CheckedFile], applied: Sequence[LoadedAgent]
) -> Mapping[str, Sequence[Problem]]:
    """The numbers of files that an applied version of another agent names."""
    found: dict[str, list[Problem]] = {}
    agents = [each.agent for each in files if each.agent is not None]
    of_applied = {agent.name for agent in applied}
    for number, names in number_conflicts([*agents, *applied]).items():
        for name in set(names) - of_applied:
            others = [other for other in names if other in of_applied]
            if others:
                reason = f"{number} is also a number of the applied version of {' and '.join(others)}"
                found.setdefault(name, []).append(Problem(0, "numbers", reason))
    return found


def _warnings(
    config: AgentConfig, name: str, agents: Mapping[str, AgentConfig], existing: ExistingNames
) -> Iterator[str]:
    if circle := _circle(name, agents):
        yield (
            f"handoffs: {' → '.join(circle)} is a circle; a call that travels in it is stopped after three "
            "hand-offs without words of the caller: say in `when` what each agent does not do"
        )
    yield from _price_warnings(config, agents)
    for tool in config.tools:
        match tool:
            case SearchKnowledgeTool(names=names):
                yield from _unknown(
                    "search_knowledge", "parley knowledge index", names, existing.knowledge_bases
                )
            case BookAppointmentTool(calendars=calendars) if tool.needs_database:
                yield from _unknown("book_appointment", "parley data import", calendars, existing.calendars)
            case PythonTool():
                yield from _unknown_function(tool.name)
            case _:
                pass


def _circle(start: str, agents: Mapping[str, AgentConfig]) -> list[str]:
    """The shortest route of hand-offs from an agent back to it; empty without one."""
    routes = [[start]]
    seen: set[str] = set()
    while routes:
        route = routes.pop(0)
        config = agents.get(route[-1])
        for target in [handoff.agent for handoff in config.handoffs] if config is not None else []:
            if target == start:
                return [*route, target]
            if target not in seen:
                seen.add(target)
                routes.append([*route, target])
    return []


def _price_warnings(config: AgentConfig, agents: Mapping[str, AgentConfig]) -> Iterator[str]:
    """The limit of the cost holds for the agents that take the call over, too."""
    currency = _currency(config)
    if config.limits.max_cost is None or currency is None:
        return
    for handoff in config.handoffs:
        other = agents.get(handoff.agent)
        if other is not None and _currency(other) != currency:
            section = "realtime" if other.is_realtime else "llm"
            yield (
                f"limits.max_cost: the models of {handoff.agent} have no price in "
                f"{currency}, so their tokens do not count; add {section}.price to its file"
            )


def _currency(config: AgentConfig) -> str | None:
    """The currency of the price of the model that answers; None without a price."""
    price = config.realtime.price if config.is_realtime else config.llm.price
    return price.currency if price is not None else None


def _unknown(tool: str, command: str, names: Iterable[str], existing: frozenset[str] | None) -> Iterator[str]:
    if existing is None:
        return
    for name in names:
        if name not in existing:
            there = ", ".join(sorted(existing)) or "none"
            yield f"tools: {tool}: {name!r} does not exist in the database ({command}); there are: {there}"


def _unknown_function(name: str) -> Iterator[str]:
    installed = sorted(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))
    if name not in installed:
        there = ", ".join(installed) or "none"
        yield (
            f"tools: {name}: no package with this entry point ({ENTRY_POINT_GROUP}) is installed here; "
            f"installed are: {there}"
        )
