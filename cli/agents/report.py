"""Shows checked files, changes and versions: as tables, or as JSON."""

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from cli.agents.checks import CheckedFile
from cli.agents.language_support import LanguageRow
from cli.agents.versions import Change
from parley.agent_store import Pointer

_MARKS = {True: "[green]yes[/]", False: "[red]no[/]", None: "?"}
_STYLES = {"new": "green", "changed": "yellow", "unchanged": "dim"}


def print_json(console: Console, value: object) -> None:
    """Print a value as JSON."""
    console.print_json(json.dumps(value))


def check_as_json(files: Sequence[CheckedFile]) -> list[dict[str, object]]:
    """Return the result of a check."""
    return [
        {
            "file": str(each.path),
            "agent": each.name,
            "version": each.agent.version if each.agent is not None else "",
            "problems": [
                {"line": problem.line, "key": problem.key, "reason": problem.reason}
                for problem in each.problems
            ],
            "warnings": list(each.warnings),
        }
        for each in files
    ]


def print_check(console: Console, files: Sequence[CheckedFile]) -> None:
    """Print one line for each mistake, as compilers do, and a summary."""
    for each in files:
        for problem in each.problems:
            where = f"{each.path}:{problem.line}" if problem.line else str(each.path)
            text = f"{problem.key}: {problem.reason}" if problem.key else problem.reason
            console.print(Text(f"{where}: ", style="bold").append(text, style="red"), soft_wrap=True)
        for warning in each.warnings:
            line = Text(f"{each.path}: ", style="bold").append(warning, style="yellow")
            console.print(line, soft_wrap=True)
    wrong = sum(bool(each.problems) for each in files)
    right = f"{len(files) - wrong} of {len(files)} files are right"
    console.print(Text(right, style="red" if wrong else "green"))


def languages_as_json(rows: Sequence[LanguageRow]) -> list[dict[str, object]]:
    """Return the support of each language: true, false, or null if a provider's facts do not state it."""
    return [
        {
            "language": row.tag,
            "name": row.name,
            **{kind: {one.route: one.supported for one in routes} for kind, routes in row.sections.items()},
            "texts": row.texts,
        }
        for row in rows
    ]


def print_languages(console: Console, rows: Sequence[LanguageRow]) -> None:
    """Print a table with one row for each language."""
    routes = [f"{kind}: {one.route}" for kind, found in rows[0].sections.items() for one in found]
    table = Table("language", "", *routes, "default texts")
    for row in rows:
        marks = [_MARKS[one.supported] for found in row.sections.values() for one in found]
        table.add_row(row.tag, row.name, *marks, "yes" if row.texts else "-")
    console.print(table)


def changes_as_json(changes: Sequence[Change]) -> list[dict[str, str]]:
    """Return what a command changed, or would change."""
    return [
        {"agent": each.name, "change": each.kind, "before": each.before, "after": each.after}
        for each in changes
    ]


def print_changes(console: Console, changes: Sequence[Change], *, dry_run: bool) -> None:
    """Print the difference of each changed agent, and a table."""
    for each in changes:
        if each.diff:
            console.print(Syntax(each.diff, "diff", background_color="default", word_wrap=True))
    table = Table("agent", "change", "before", "after", title="would apply" if dry_run else "applied")
    for each in changes:
        kind = Text(each.kind, style=_STYLES[each.kind])
        table.add_row(each.name, kind, each.before or "-", each.after)
    console.print(table)


def list_as_json(rows: Mapping[str, tuple[str, str, str]]) -> list[dict[str, str]]:
    """Return all agents; a row has the version in the bucket, when it was applied, and that of the file."""
    return [
        {"agent": name, "current": current, "applied_at": at, "file": file}
        for name, (current, at, file) in rows.items()
    ]


def print_list(console: Console, rows: Mapping[str, tuple[str, str, str]], folder: str) -> None:
    """Print all agents with the version that new calls get."""
    table = Table("agent", "new calls get", "applied", f"file in {folder}")
    for name, (current, at, file) in rows.items():
        serving = Text(current) if current else Text("the file", style="dim")
        is_other = current and file != current
        table.add_row(name, serving, at, Text(file or "-", style="yellow" if is_other else ""))
    console.print(table)


def history_as_json(pointers: Sequence[Pointer]) -> list[dict[str, str]]:
    """Return the versions that were current."""
    return [{"version": each.version, "applied_at": each.set_at} for each in pointers]


def print_history(console: Console, name: str, pointers: Sequence[Pointer]) -> None:
    """Print the versions that were current, the newest first."""
    table = Table("version", "applied", title=name)
    for each in pointers:
        table.add_row(each.version or Text("removed: the file served", style="dim"), each.set_at)
    console.print(table)
