"""The last result of a tool, whose values a scripted answer may contain."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\{result((?:\.\w+)+)\}")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A value within a tool's result; its attributes are the values within it, as text."""

    value: Any = None

    def __getattr__(self, name: str) -> "ToolResult":
        if name.startswith("__"):
            raise AttributeError(name)
        value = self.value
        if isinstance(value, Mapping):
            return ToolResult(value.get(name))
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            return ToolResult(value[int(name)])
        return ToolResult()

    def __str__(self) -> str:
        return "" if self.value is None else str(self.value)

    def __format__(self, _spec: str) -> str:
        return str(self)


def last_result(messages: Sequence[Mapping[str, Any]]) -> ToolResult:
    """The content of the last message of a tool; empty if there is none or it is not JSON."""
    for message in reversed(messages):
        if message["role"] == "tool":
            try:
                return ToolResult(json.loads(message.get("content") or ""))
            except (ValueError, TypeError):
                return ToolResult()
    return ToolResult()


def fill_arguments(arguments: str, result: ToolResult) -> str:
    """Replace each `{result.KEY.0.KEY}` in the JSON of a tool call's arguments."""

    def value(match: re.Match[str]) -> str:
        found = result
        for name in match[1].split(".")[1:]:
            found = getattr(found, name)
        return json.dumps(str(found))[1:-1]

    return _PLACEHOLDER.sub(value, arguments)
