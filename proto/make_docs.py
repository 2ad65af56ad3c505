"""Make docs/events.md from the comments in proto/: every message on one page."""

import re
from pathlib import Path

_ROOT = Path(__file__).parent
_ORDER = (
    *("event", "call", "speech", "reply", "handoff", "synthesis", "playback"),
    *("telephony", "knowledge", "work", "audio", "snapshot"),
)
_FIELD = re.compile(r"^  (repeated )?([\w.]+|map<\w+, \w+>) (\w+) = \d+( \[\(personal\) = true\])?;$")
_HEAD = """# Events

All events and other messages on the bus, generated from `proto/parley/v1` by `make proto`; do not edit.
Times called `at_ms` or `…_ms` are call time.
Fields marked † contain personal data and are never logged.
"""


def page(folder: Path = _ROOT / "parley" / "v1") -> str:
    """The whole page."""
    return _HEAD + "".join(_file((folder / f"{name}.proto").read_text("utf-8"), name) for name in _ORDER)


def _file(text: str, name: str) -> str:
    lines = text.splitlines()
    top = " ".join(line[3:] for line in lines if line.startswith("// ") and lines.index(line) < 2)
    parts = [f"\n## {name}\n\n{top}\n"]
    comment: list[str] = []
    inside = ""
    for line in lines[lines.index('syntax = "proto3";') :]:
        bare = line.strip()
        if bare.startswith("//"):
            comment.append(bare[3:])
            continue
        if found := re.match(r"^(message|enum) (\w+) \{", line):
            inside = found[2]
            parts.append(f"\n### {inside}\n\n{' '.join(comment)}\n\n".replace("\n\n\n\n", "\n\n"))
        elif inside and (found := _FIELD.match(line)):
            parts.append(_field(found, comment))
        elif found := re.match(r"^  ([A-Z_]+) = \d+;$", line):
            parts.append(f"- `{found[1]}`\n")
        comment = []
    return "".join(parts)


def _field(found: re.Match[str], comment: list[str]) -> str:
    many, kind, name, personal = found.groups()
    about = f": {' '.join(comment)}" if comment else ""
    return f"- `{name}`{'†' if personal else ''} {'list of ' if many else ''}{kind}{about}\n"


if __name__ == "__main__":
    (_ROOT.parent / "docs" / "events.md").write_text(page(), "utf-8")
