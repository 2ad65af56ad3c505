"""The output of the commands of `parley knowledge`, as text and as JSON."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parley.knowledge.found import FoundPassage
from parley.knowledge.indexing import FileResult, IndexReport, Status
from parley.knowledge.store import KnowledgeBase

_STYLES = {"indexed": "green", "removed": "yellow", "duplicate": "yellow", "failed": "red"}
_SHOWN_CHARS = 400


def print_result(result: FileResult, console: Console) -> None:
    """Print a line for a file; nothing for one that has not changed."""
    if result.status == "unchanged":
        return
    line = Text(f"{result.status:<10}", style=_STYLES[result.status]).append(result.name, style="default")
    if result.status == "indexed":
        line.append(
            f"  {_plural(result.passages, 'passage')}, {result.language or 'unclear language'}", "dim"
        )
    if result.reason:
        line.append(f": {result.reason}; {result.remedy}", style="default")
    if result.stays:
        line.append(" (its earlier version is still found)", style="dim")
    console.print(line, soft_wrap=True)
    for note in result.notes:
        console.print(Text(f"{'note':<10}", style="yellow").append(f"{result.name}: {note}"), soft_wrap=True)


def print_report(
    name: str, report: IndexReport, base: KnowledgeBase, took_s: float, console: Console
) -> None:
    """Print the totals of a run."""
    statuses: tuple[Status, ...] = ("indexed", "unchanged", "removed", "duplicate", "failed")
    counts = ", ".join(f"{report.count(status)} {status}" for status in statuses if report.count(status))
    if report.ignored:
        kinds = ", ".join(f"{suffix} ({count})" for suffix, count in sorted(report.ignored.items()))
        console.print(Text(f"{'ignored':<10}{kinds}", style="dim"), soft_wrap=True)
    console.print(
        Text(
            f"{name}: {_plural(base.documents, 'document')} with {_plural(base.passages, 'passage')}"
        ).append(f" ({counts}) in {took_s:.1f} s", style="dim"),
        soft_wrap=True,
    )


def report_as_json(report: IndexReport, base: KnowledgeBase, took_s: float) -> str:
    """Return a run as JSON."""
    return _dump(
        {
            "base": dataclasses.asdict(base),
            "files": [dataclasses.asdict(result) for result in report.results],
            "ignored": report.ignored,
            "took_s": round(took_s, 3),
        }
    )


def print_bases(bases: Sequence[KnowledgeBase], console: Console) -> None:
    """Print a table of the knowledge bases."""
    if not bases:
        console.print("no knowledge base yet: parley knowledge index FOLDER --name NAME")
        return
    table = Table("name", "documents", "passages", "size", "search", "changed", box=None, pad_edge=False)
    for base in bases:
        search = f"hybrid ({base.embedding_model})" if base.embedding_model else "full text"
        size = f"{base.size / 1e6:.1f} MB"
        changed = base.changed_at.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(base.name, str(base.documents), str(base.passages), size, search, changed)
    console.print(table)


def bases_as_json(bases: Sequence[KnowledgeBase]) -> str:
    """Return the knowledge bases as JSON."""
    return _dump([dataclasses.asdict(base) for base in bases])


def print_found(passages: Sequence[FoundPassage], took_ms: float, console: Console) -> None:
    """Print the passages of a search."""
    for number, passage in enumerate(passages, 1):
        heading = Text(f"{number}. {passage.source}", style="bold").append(f"  {passage.score:.2f}", "dim")
        console.print(heading, soft_wrap=True)
        text = passage.text if len(passage.text) <= _SHOWN_CHARS else f"{passage.text[:_SHOWN_CHARS]}…"
        console.print(Text(text), soft_wrap=True)
        console.print()
    console.print(Text(f"{_plural(len(passages), 'passage')} in {took_ms:.0f} ms", style="dim"))


def found_as_json(passages: Sequence[FoundPassage], took_ms: float) -> str:
    """Return the passages of a search as JSON."""
    found = [dataclasses.asdict(passage) | {"source": passage.source} for passage in passages]
    return _dump({"passages": found, "took_ms": round(took_ms, 1)})


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=_encode)


def _encode(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
