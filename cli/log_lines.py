"""Parse log lines of the services for display, and collect errors. No I/O."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_STYLES = {"error": "bold red", "critical": "bold red", "warning": "yellow"}
_HIDDEN = frozenset({"event", "level", "timestamp", "service"})
_MAX_ERRORS = 1000


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log line of one process."""

    process: str
    level: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether the line reports an error."""
        return self.level in ("error", "critical")

    @property
    def style(self) -> str:
        """The Rich style in which the line is displayed."""
        return _STYLES.get(self.level, "")


def parse(process: str, line: str) -> LogLine:
    """Parse a line: JSON from a service, or any other text."""
    try:
        entry: Any = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        level = "error" if _looks_like_error(line) else "info"
        return LogLine(process, level, line)
    more = " ".join(f"{key}={value}" for key, value in entry.items() if key not in _HIDDEN)
    return LogLine(process, str(entry.get("level", "info")), f"{entry.get('event', '')} {more}".strip())


def _looks_like_error(line: str) -> bool:
    return line.startswith(("Traceback", "ERROR", "CRITICAL", "[ERR]", "Task exception"))


@dataclass(slots=True)
class LogWatch:
    """Collects errors and passes each line on."""

    show: Callable[[LogLine], None] = lambda _line: None
    errors: list[LogLine] = field(default_factory=list)

    def __call__(self, process: str, line: str) -> None:
        """Collect the line if it is an error, and pass it on."""
        parsed = parse(process, line)
        if parsed.is_error and len(self.errors) < _MAX_ERRORS:
            self.errors.append(parsed)
        self.show(parsed)
