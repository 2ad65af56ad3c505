"""Reads tool calls that a model wrote as text: JSON, XML parameters or a Python call. No I/O."""

import ast
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from parley.providers.llm import ToolCallRequest
from parley.providers.untrusted import clean_json, clean_text
from services.brain.providers.streams.json_values import as_list

_MAX_CHARS = 8000
_MAX_CALLS = 16
_MAX_TRIES = 50
"""Places at which a call is looked for, as text may only look like one."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_NAME_KEYS = ("name", "tool_name", "function", "function_name", "tool")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "tool_input")
_PARAMETER = re.compile(
    r"parameter(?:=|[^<>]*?\bname=)[\"']?(?P<name>[\w.-]+)[\"']?[^<>]*>\s*(?P<value>.*?)\s*<[/|\uff5c]"
    r"|<arg_key>\s*(?P<key>[\w.-]+)\s*</arg_key>\s*<arg_value>\s*(?P<arg>.*?)\s*</arg_value>",
    re.DOTALL,
)
_BEGINS = re.compile(r"<[^<>/]{0,20}parameter\b|<arg_key>|\{")
"""Beginnings of arguments."""


class _Value(NamedTuple):
    start: int
    end: int
    value: Any


def read_calls(text: str, names: Sequence[str]) -> list[ToolCallRequest]:
    """Return the calls of tools in `names`; an empty list for text that has none or is too long."""
    if len(text) > _MAX_CHARS or not names:
        return []
    values = list(_objects(text))
    calls = [call for value in values for call in _named(value.value, names)]
    calls = calls or list(_after_names(text, values, names)) or list(_with_parameters(text, names))
    calls = calls or list(_python_calls(text, names))
    return [
        ToolCallRequest(
            f"call_{uuid.uuid4().hex}",
            name,
            clean_text(json.dumps(clean_json(arguments), ensure_ascii=False)),
            {},
        )
        for name, arguments in calls[:_MAX_CALLS]
    ]


def _objects(text: str) -> Iterator[_Value]:
    """The JSON objects that are not within another."""
    at = text.find("{")
    for _ in range(_MAX_TRIES):
        if at < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield _Value(at, end, value)
        at = text.find("{", end)


def _named(value: object, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The calls of an object that contains the tool's name."""
    if not isinstance(value, dict):
        return
    for call in as_list(value.get("tool_calls")):
        yield from _named(call, names)
    if isinstance(inner := value.get("function"), dict):
        yield from _named(inner, names)
        return
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    if name.removeprefix("functions.") not in names:
        return
    arguments: Any = next((value[key] for key in _ARGUMENT_KEYS if key in value), {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return
    if isinstance(arguments, dict):
        yield name.removeprefix("functions."), arguments


def _after_names(text: str, values: Sequence[_Value], names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Objects of arguments, each after the name of its tool."""
    before = 0
    for value in values:
        if found := _last_name(text[before : value.start], names):
            yield found, value.value
        before = value.end


def _with_parameters(text: str, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """A tag or line with the tool's name, then one tag for each parameter."""
    marks = list(re.finditer(rf"(?<![\w])({'|'.join(map(re.escape, names))})(?=[\"'>\s<])", text))
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        before = text[: mark.start()]
        if not re.search(r"(?:=[\"']?|<[^<>]*>\s*)\Z", before):
            continue
        found = list(_PARAMETER.finditer(text, mark.end(), end))
        begun = len(_BEGINS.findall(text, mark.end(), end))
        if begun == len(found):
            # Otherwise the call was cut off.
            yield (
                mark[1],
                {one["name"] or one["key"]: _parameter(one["value"] or one["arg"] or "") for one in found},
            )


def _parameter(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _python_calls(text: str, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Calls such as `book(day="friday")`."""
    position = tries = 0
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\(")
    while tries < _MAX_TRIES and (mark := pattern.search(text, position)):
        position, end = mark.end(), text.find(")", mark.end())
        while end >= 0 and tries < _MAX_TRIES:
            tries += 1
            try:
                call = ast.parse(text[mark.start() : end + 1], mode="eval").body
                if isinstance(call, ast.Call) and not call.args:
                    yield mark[1], {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
                    position = end + 1
                break
            except SyntaxError:
                end = text.find(")", end + 1)
            except (ValueError, TypeError, RecursionError, MemoryError):
                break


def _last_name(text: str, names: Sequence[str]) -> str:
    found = re.findall(rf"(?<![A-Za-z0-9_-])({'|'.join(map(re.escape, names))})(?![A-Za-z0-9_-])", text)
    return str(found[-1]) if found else ""
