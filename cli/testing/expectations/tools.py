"""Expectations of the agent's tool calls and of the data that it collected. No I/O, no clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.testing.expectations.values import (
    Check,
    check_patterns,
    count_matcher,
    is_subset,
    texts,
    texts_or_none,
)
from cli.testing.located_yaml import suggestion
from cli.testing.outcome import Outcome, ToolUse

_KEYS = ("name", "arguments", "result", "failed", "problem")
_UNSET = object()


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    arguments: Any = _UNSET
    result: Any = _UNSET
    failed: bool | None = None
    problem: str = ""

    def matches(self, call: ToolUse) -> bool:
        return (
            call.name == self.name
            and (self.arguments is _UNSET or is_subset(self.arguments, call.arguments))
            and (self.result is _UNSET or is_subset(self.result, call.result))
            and (self.failed is None or call.failed == self.failed)
            and self.problem.casefold() in call.problem.casefold()
        )

    def __str__(self) -> str:
        facts = {"arguments": self.arguments, "result": self.result, "failed": self.failed}
        shown = {key: value for key, value in facts.items() if value is not _UNSET and value is not None}
        return f"{self.name} {json.dumps(shown, default=str, ensure_ascii=False)}" if shown else self.name


def tools_called(value: Any) -> Check:
    """These tools were called, in this order; other calls may be between them."""
    wanted = [_read(item) for item in (value if isinstance(value, list) else [value])]
    if not wanted:
        raise ValueError("must have at least one tool; for none, write `tools never called`")

    def check(outcome: Outcome) -> str:
        remaining = iter(outcome.tools)
        for entry in wanted:
            if not any(entry.matches(call) for call in remaining):
                return f"no call of {entry} in this position; {describe_calls(outcome)}"
        return ""

    return check


def documents_found(value: Any) -> Check:
    """The model received passages of these documents; an empty list: of none."""
    wanted = texts_or_none(value)

    def check(outcome: Outcome) -> str:
        found = outcome.found_documents
        missing = [name for name in wanted if name not in found]
        if missing or (found and not wanted):
            return (
                f"found: {', '.join(found) or 'none'}; {'missing: ' + ', '.join(missing) if missing else ''}"
            )
        return ""

    return check


def tool_calls(value: Any) -> Check:
    """Each of these tools was called this number of times."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError("must be a mapping of tools and numbers, as in `end_call: 1`")
    wanted = {str(name): (number, count_matcher(number)) for name, number in value.items()}

    def check(outcome: Outcome) -> str:
        for name, (number, fits) in wanted.items():
            got = sum(call.name == name for call in outcome.tools)
            if not fits(got):
                return f"expected {number} calls of {name}, got {got}; {describe_calls(outcome)}"
        return ""

    return check


def tools_never_called(value: Any) -> Check:
    """The agent called none of these tools."""
    unwanted = texts(value)

    def check(outcome: Outcome) -> str:
        found = [call.name for call in outcome.tools if call.name in unwanted]
        return f"{found[0]} was called; {describe_calls(outcome)}" if found else ""

    return check


def data_collected(value: Any) -> Check:
    """The agent collected these values; it may have collected others."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError("must be a mapping of fields and values, as in `name: Robert Miller`")
    check_patterns(value)

    def check(outcome: Outcome) -> str:
        got = {field: _decoded(text) for field, text in outcome.data.items()}
        for field, wanted in value.items():
            if str(field) not in got:
                return f"`{field}` was not collected; collected: {got or 'nothing'}"
            if not (is_subset(wanted, got[str(field)]) or is_subset(wanted, outcome.data[str(field)])):
                return f"expected `{field}` to be {wanted!r}, got {got[str(field)]!r}"
        return ""

    return check


def _decoded(text: str) -> Any:
    """A value that may be JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def describe_calls(outcome: Outcome) -> str:
    """All tool calls of a conversation as one text."""
    calls = [
        f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})"
        f" -> {call.problem or json.dumps(call.result, ensure_ascii=False)}{' (failed)' * call.failed}"
        for call in outcome.tools
    ]
    return f"the calls were: {'; '.join(calls)}" if calls else "no tool was called"


def _read(item: Any) -> _Wanted:
    if isinstance(item, str):
        return _Wanted(item)
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise ValueError(f"a tool is its name or a mapping with `name`, not {item!r}")
    for key in item:
        if key not in _KEYS:
            raise ValueError(f"unknown key `{key}`; {suggestion(str(key), _KEYS)}")
    failed = item.get("failed")
    if failed is not None and not isinstance(failed, bool):
        raise ValueError(f"failed: must be true or false, not {failed!r}")
    for part in ("arguments", "result"):
        check_patterns(item.get(part))
    return _Wanted(
        item["name"],
        item.get("arguments", _UNSET),
        item.get("result", _UNSET),
        failed,
        str(item.get("problem", "")),
    )
