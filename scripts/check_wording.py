"""Reports project jargon and unidiomatic English in names, comments, docstrings, log texts and documents.

Usage: python -m scripts.check_wording [--root FOLDER] [--count] [--marker NAME] [PATH ...]

The markers and the exceptions, each with its reason, are in `scripts/wording.toml`. A line with a comment
`wording: ok - REASON` is skipped. Strings that hold data or dialogue are not examined, only those that people
read: log keys, error texts, help texts and printed text.
"""

import argparse
import fnmatch
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.text_pieces import CODE_PROSE, KINDS, PROSE, pieces_of, split_words

OK = "wording: ok"
_GROUPS = {"prose": PROSE, "code": CODE_PROSE}
TABLE = Path(__file__).with_name("wording.toml")


@dataclass(frozen=True)
class Marker:
    """A pattern that suggests private wording, and what to write instead."""

    name: str
    pattern: re.Pattern[str]
    kinds: frozenset[str]
    use: str
    at_start: bool = False
    """Whether only the first line of a docstring or comment is examined."""


@dataclass(frozen=True)
class Allowed:
    """A place where a marker is allowed."""

    markers: frozenset[str]
    path: str
    """A glob over repository paths."""
    pattern: re.Pattern[str]
    """A pattern that is searched for in the text."""
    reason: str


@dataclass(frozen=True)
class Table:
    """The markers and their exceptions."""

    markers: tuple[Marker, ...]
    allowed: tuple[Allowed, ...]
    skip: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A marker found in a file."""

    path: str
    line: int
    marker: str
    found: str
    use: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.marker}] {self.found} -> {self.use}"


def read_table(text: str) -> Table:
    """Parse the marker table; raises ValueError for an entry without a reason or with an unknown kind."""
    data = tomllib.loads(text)
    markers = tuple(marker for entry in data["marker"] for marker in _markers(entry))
    allowed = tuple(
        Allowed(frozenset(entry["markers"]), entry["path"], re.compile(entry["match"]), entry["reason"])
        for entry in data.get("allow", [])
    )
    unknown = {name for entry in allowed for name in entry.markers} - {marker.name for marker in markers}
    if unknown:
        raise ValueError(f"allow names unknown markers: {sorted(unknown)}")
    if any(not entry.reason.strip() for entry in allowed):
        raise ValueError("every allow entry needs a reason")
    return Table(markers, allowed, tuple(data.get("skip", [])))


def _markers(entry: dict[str, object]) -> Iterator[Marker]:
    kinds: set[str] = set()
    for kind in str(entry["in"]).split():
        kinds |= set(_GROUPS.get(kind, (kind,)))
    if kinds - set(KINDS):
        raise ValueError(f"unknown kinds: {sorted(kinds - set(KINDS))}")
    pattern = str(entry["match"])
    if kinds == {"name"}:
        # Names are compared as their words in lower case.
        pattern = rf"\b(?:{pattern})\b"
    yield Marker(
        str(entry["name"]),
        re.compile(pattern),
        frozenset(kinds),
        str(entry["use"]),
        bool(entry.get("at_start", False)),
    )


def find(path: str, source: str, table: Table) -> list[Hit]:
    """Return every marker in a file that neither an exception nor a comment on its line allows."""
    lines = ["", *source.splitlines()]
    hits: list[Hit] = []
    for piece in pieces_of(path, source):
        if OK in (lines[piece.line] if piece.line < len(lines) else ""):
            continue
        text = split_words(piece.text) if piece.kind == "name" else piece.text
        for marker in table.markers:
            if piece.kind not in marker.kinds or (marker.at_start and not piece.starts):
                continue
            found = marker.pattern.search(text)
            if found and not _is_allowed(table.allowed, marker.name, path, piece.text):
                shown = piece.text if piece.kind == "name" else found[0].strip()
                hits.append(Hit(path, piece.line, marker.name, shown[:60], marker.use))
    return sorted(set(hits), key=lambda hit: (hit.line, hit.marker, hit.found))


def _is_allowed(allowed: Iterable[Allowed], marker: str, path: str, text: str) -> bool:
    return any(
        marker in entry.markers and fnmatch.fnmatch(path, entry.path) and entry.pattern.search(text)
        for entry in allowed
    )


def tracked_files(root: Path, table: Table) -> list[str]:
    """The files under version control that are examined."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [
        path
        for path in listed
        if (Path(path).suffix in {".py", ".md", ".proto", ".yaml", ".yml", ".toml"} or path == "Makefile")
        and not any(fnmatch.fnmatch(path, pattern) for pattern in table.skip)
        and (root / path).is_file()
    ]


def counted(hits: Iterable[Hit]) -> str:
    """Totals per marker, the largest first, and their sum."""
    counts = Counter(hit.marker for hit in hits)
    rows = [f"{count:6} {name}" for name, count in counts.most_common()]
    return "\n".join([*rows, f"{counts.total():6} total"])


def main(arguments: list[str]) -> int:
    """Print what was found; return 1 if there was anything."""
    parser = argparse.ArgumentParser(description="Find private words and unidiomatic English.")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="repository to examine")
    parser.add_argument("--count", action="store_true", help="print only the totals per marker")
    parser.add_argument("--marker", action="append", help="report only this marker; repeatable")
    parser.add_argument("paths", nargs="*", help="only report paths that begin with one of these")
    options = parser.parse_args(arguments)
    table = read_table(TABLE.read_text("utf-8"))
    hits = [
        hit
        for path in tracked_files(options.root, table)
        if not options.paths or path.startswith(tuple(options.paths))
        for hit in find(path, (options.root / path).read_text("utf-8"), table)
        if not options.marker or hit.marker in options.marker
    ]
    if not options.count:
        for hit in hits:
            print(hit)
    print(counted(hits))
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
