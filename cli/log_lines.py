"""Read the processes' log lines: what to show, how many were errors. No I/O."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_STYLES = {"error": "bold red", "critical": "bold red", "warning": "yellow"}
_HIDDEN = frozenset({"event", "level", "timestamp", "service"})
_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one process."""

    process: str
    level: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it tells of a fault."""
        return self.level in ("error", "critical")

    @property
    def style(self) -> str:
        """How to show it."""
        return _STYLES.get(self.level, "")


def parse(process: str, line: str) -> LogLine:
    """A line as its process wrote it: JSON of ours, or whatever else."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        level = "error" if _looks_like_error(line) else "info"
        return LogLine(process, level, line)
    more = " ".join(f"{key}={value}" for key, value in told.items() if key not in _HIDDEN)
    return LogLine(process, str(told.get("level", "info")), f"{told.get('event', '')} {more}".strip())


def _looks_like_error(line: str) -> bool:
    return line.startswith(("Traceback", "ERROR", "CRITICAL", "[ERR]", "Task exception"))


@dataclass(slots=True)
class LogWatch:
    """Keeps the errors of a system, and hands each line on."""

    show: Callable[[LogLine], None] = lambda _line: None
    errors: list[LogLine] = field(default_factory=list)

    def __call__(self, process: str, line: str) -> None:
        """Take a line."""
        parsed = parse(process, line)
        if parsed.is_error and len(self.errors) < _MAX_KEPT:
            self.errors.append(parsed)
        self.show(parsed)
