"""The commands of `parley agents`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.agents import report
from cli.agents.checks import CheckedFile, check_files
from cli.agents.existing_names import existing_names
from cli.agents.language_support import rows, with_languages
from cli.agents.references import with_references
from cli.agents.versions import Versions
from cli.call_log import open_bus
from cli.calls import SystemNotRunning, nats_url_of
from parley.agent_store import AgentBucket, LoadedAgent
from parley.errors import BusError, ConfigError

EXIT_WRONG = 1
"""A file is wrong, or an agent or version does not exist."""
EXIT_NO_SYSTEM = 2
"""The system cannot be reached."""
EXIT_DIFFERS = 3
"""`diff` found a difference."""


@dataclass(frozen=True, slots=True)
class AgentsOptions:
    """The options of all commands."""

    home: Path
    folder: str
    as_json: bool
    console: Console


def files_of(options: AgentsOptions, names: Sequence[str]) -> list[Path]:
    """Return the files of agents, or the paths that are given; without any, all of the folder.

    Raises:
        ConfigError: a folder has no agent files.
    """
    if names:
        return [path for name in names for path in _paths(options.folder, name)]
    if not (paths := sorted(Path(options.folder).glob("*.yaml"))):
        raise ConfigError(f"{options.folder}: no agent files (PARLEY_AGENTS_DIR)")
    return paths


def _paths(folder: str, name: str) -> list[Path]:
    path = _path(folder, name)
    if not (folder_path := Path(name)).is_dir() or path.is_file():
        return [path]
    if not (paths := sorted(folder_path.glob("*.yaml"))):
        raise ConfigError(f"{name}: no agent files in this folder")
    return paths


def _path(folder: str, name: str) -> Path:
    is_path = name.endswith((".yaml", ".yml")) or "/" in name
    return Path(name) if is_path else Path(folder) / f"{name}.yaml"


def check(options: AgentsOptions, names: Sequence[str]) -> int:
    """Check files; return the exit code."""
    try:
        checked = _checked(options, names)
    except ConfigError as error:
        return _failed(options, error, EXIT_WRONG)
    _show_check(options, checked)
    return EXIT_WRONG if any(each.problems for each in checked) else 0


def apply(options: AgentsOptions, names: Sequence[str], *, dry_run: bool) -> int:
    """Check files, then make them current for new calls on all machines; return the exit code."""
    try:
        checked = _checked(options, names)
    except ConfigError as error:
        return _failed(options, error, EXIT_WRONG)
    agents = [each.agent for each in checked if each.agent is not None and not each.problems]
    if len(agents) < len(checked):
        _show_check(options, checked)
        return EXIT_WRONG

    async def run(versions: Versions) -> int:
        changes = await (versions.plan(agents) if dry_run else versions.apply(agents))
        if options.as_json:
            report.print_json(options.console, report.changes_as_json(changes))
        else:
            report.print_changes(options.console, changes, dry_run=dry_run)
        return 0

    return _with_versions(options, run)


def _checked(options: AgentsOptions, names: Sequence[str]) -> list[CheckedFile]:
    """Check files and what they name.

    Raises:
        ConfigError: the folder has no agent files.
    """
    checked = [with_languages(each) for each in check_files(files_of(options, names))]
    existing, reason = existing_names(options.home, options.folder, [each.name for each in checked])
    if reason and not options.as_json:
        options.console.print(Text(reason, style="yellow"), soft_wrap=True)
    return with_references(checked, existing)


def languages(options: AgentsOptions, name: str) -> int:
    """Show the languages that an agent's providers support; return the exit code."""
    [checked] = check_files([_path(options.folder, name)])
    if checked.agent is None:
        _show_check(options, [checked])
        return EXIT_WRONG
    found = rows(checked.agent.config)
    if options.as_json:
        report.print_json(options.console, report.languages_as_json(found))
    else:
        report.print_languages(options.console, found)
    return 0


def diff(options: AgentsOptions, name: str) -> int:
    """Show how a file differs from the agent's current version; return the exit code."""
    [checked] = check_files([_path(options.folder, name)])
    if checked.agent is None:
        _show_check(options, [checked])
        return EXIT_WRONG
    agent: LoadedAgent = checked.agent

    async def run(versions: Versions) -> int:
        changes = await versions.plan([agent])
        if options.as_json:
            report.print_json(options.console, report.changes_as_json(changes))
        else:
            report.print_changes(options.console, changes, dry_run=True)
        return 0 if changes[0].kind == "unchanged" else EXIT_DIFFERS

    return _with_versions(options, run)


def list_agents(options: AgentsOptions) -> int:
    """Show all agents with the version that new calls get; return the exit code."""
    paths = sorted(Path(options.folder).glob("*.yaml"))
    files = {each.name: each.agent.version if each.agent else "wrong" for each in check_files(paths)}

    async def run(versions: Versions) -> int:
        current = await versions.current()
        rows = {
            name: (
                current[name].version if name in current else "",
                current[name].set_at if name in current else "",
                files.get(name, ""),
            )
            for name in sorted({*current, *files})
        }
        if options.as_json:
            report.print_json(options.console, report.list_as_json(rows))
        else:
            report.print_list(options.console, rows, options.folder)
        return 0

    return _with_versions(options, run)


def history(options: AgentsOptions, name: str) -> int:
    """Show which versions of an agent were current; return the exit code."""

    async def run(versions: Versions) -> int:
        pointers = await versions.history(name)
        if options.as_json:
            report.print_json(options.console, report.history_as_json(pointers))
        else:
            report.print_history(options.console, name, pointers)
        return 0

    return _with_versions(options, run)


def roll_back(options: AgentsOptions, name: str, version: str) -> int:
    """Make an earlier version current; return the exit code."""

    async def run(versions: Versions) -> int:
        found = await versions.roll_back(name, version)
        _done(options, {"agent": name, "current": found}, f"{name}: new calls get version {found}")
        return 0

    return _with_versions(options, run)


def remove(options: AgentsOptions, name: str) -> int:
    """Remove an agent's current version; return the exit code."""

    async def run(versions: Versions) -> int:
        await versions.remove(name)
        _done(options, {"agent": name, "current": ""}, f"{name}: new calls get the file of each machine")
        return 0

    return _with_versions(options, run)


def _done(options: AgentsOptions, result: dict[str, str], text: str) -> None:
    if options.as_json:
        report.print_json(options.console, result)
    else:
        options.console.print(Text(text, style="green"))


def _show_check(options: AgentsOptions, checked: Sequence[CheckedFile]) -> None:
    if options.as_json:
        report.print_json(options.console, report.check_as_json(checked))
    else:
        report.print_check(options.console, checked)


def _with_versions(options: AgentsOptions, run: Callable[[Versions], Awaitable[int]]) -> int:
    async def connected() -> int:
        async with _open(options) as versions:
            return await run(versions)

    try:
        return asyncio.run(connected())
    except (SystemNotRunning, BusError) as error:
        return _failed(options, error, EXIT_NO_SYSTEM)
    except ConfigError as error:
        return _failed(options, error, EXIT_WRONG)


@asynccontextmanager
async def _open(options: AgentsOptions) -> AsyncIterator[Versions]:
    async with open_bus(nats_url_of(options.home)) as bus:
        yield Versions(AgentBucket(bus))


def _failed(options: AgentsOptions, error: Exception, code: int) -> int:
    if options.as_json:
        report.print_json(options.console, {"error": str(error)})
    else:
        options.console.print(Text(str(error), style="red"), soft_wrap=True)
    return code
