"""Explains pydantic's errors of an agent file: the line, the key, what is wrong and the remedy. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from parley.agent_config.agent import AgentConfig
from parley.agent_config.problem import Problem, did_you_mean
from parley.agent_config.yaml_file import Path, YamlFile

_MAX_SHOWN_CHARS = 40
_TYPES: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a section with keys",
    "model_type": "a section with keys",
    "model_attributes_type": "a section with keys",
}


def explain(error: ValidationError, file: YamlFile) -> list[Problem]:
    """Return all mistakes, in the order of their lines, each once."""
    found = dict.fromkeys(_explain(each, file) for each in error.errors())
    return sorted(found, key=lambda problem: problem.line)


def _explain(error: Any, file: YamlFile) -> Problem:
    kind, (path, rest) = error["type"], _split(error["loc"], file.data)
    if kind == "invalid_key":
        return _key_that_is_no_text(error["input"], path, file)
    key = ".".join(map(str, (*path, *rest)))
    if kind in ("value_error", "assertion_error"):
        return file.problem(_reason(kind, error, path, rest, file.data), path, key)
    return Problem(file.line_of(path), key, _reason(kind, error, path, rest, file.data))


def _key_that_is_no_text(key: object, path: Path, file: YamlFile) -> Problem:
    section = path[:-1] if path and path[-1] == key else path
    name = file.name_of(section, key)
    read_as = str(key).lower() if isinstance(key, bool) else "nothing" if key is None else f"the value {key}"
    reason = f"a key must be a text, and YAML reads this one as {read_as}: put it in quotes"
    return Problem(file.line_of((*section, name)), ".".join(map(str, (*section, name))), reason)


def _split(location: Sequence[str | int], data: Any) -> tuple[Path, Path]:
    """The part of a location that is in the file, and the missing key after it.

    Pydantic's locations also contain the names of types, which are left out.
    """
    path: list[str | int] = []
    for number, part in enumerate(location):
        if _contains(data, part):
            path.append(part)
            data = data[part]
        elif number == len(location) - 1 and isinstance(data, Mapping) and isinstance(part, str):
            return tuple(path), (part,) if part.isidentifier() else ()
    return tuple(path), ()


def _contains(data: Any, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _reason(kind: str, error: Any, path: Path, rest: Path, data: Any) -> str:
    value, message = error["input"], str(error["msg"]).removeprefix("Value error, ")
    match kind:
        case "extra_forbidden":
            return _unknown_key(path, data)
        case "missing":
            return f"is missing; add `{rest[-1] if rest else path[-1]}: …`"
        case _ if kind in _TYPES:
            return f"must be {_TYPES[kind]}, not {_shown(value)}{_type_hint(kind, value)}"
        case "literal_error":
            suggestion = did_you_mean(str(value), re.findall("'([^']*)'", message))
            return f"{_lower(message)}, not {_shown(value)}{suggestion}"
        case "string_pattern_mismatch":
            pattern = error.get("ctx", {}).get("pattern", "")
            return f"{_shown(value)} does not have the form that is needed here ({pattern})"
        case "string_too_short" if not value:
            return "must not be empty"
        case "value_error" | "assertion_error":
            return message
        case _:
            return f"{_lower(message)}, not {_shown(value)}" if value is not None else message


def _lower(message: str) -> str:
    return message.replace("Input should be", "must be", 1).replace("String should", "must", 1)


def _type_hint(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return ": put it in quotes"
    if kind == "string_type" and value is not None and not isinstance(value, str | list | dict):
        return ": put it in quotes, because YAML reads it as a date"
    if kind in ("tuple_type", "list_type") and isinstance(value, str):
        return f": write [{_shown(value)}]"
    return ""


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}…"


def _unknown_key(path: Path, data: Any) -> str:
    *parents, name = path or ("",)
    keys = sorted({key for section in _sections(parents, data) for key in section.model_fields})
    if suggestion := did_you_mean(str(name), keys):
        return f"unknown key{suggestion}"
    if homes := [home for home in _homes(str(name)) if home.split(".") != list(map(str, parents))]:
        return f"unknown key here; it belongs to {' or '.join(homes[:3])}"
    return f"unknown key; there are: {', '.join(keys)}" if keys else "unknown key; remove it"


def _sections(parents: Sequence[str | int], data: Any) -> Iterator[type[BaseModel]]:
    """The classes of the section at a path; several if the file does not show which it is."""
    found: list[type[BaseModel]] = [AgentConfig]
    for number, part in enumerate(parents):
        data = data[part] if data is not None else None
        if number == 0 and part == "languages":
            continue
        if number == 1 and parents[0] == "languages":
            continue
        if part == "fallbacks" or (number and parents[number - 1] == "fallbacks"):
            # A partial section of the same kind.
            continue
        if isinstance(part, int):
            continue
        annotations = (each.model_fields[part].annotation for each in found if part in each.model_fields)
        found = [section for annotation in annotations for section in _models(annotation)]
    kind = data.get("type") if isinstance(data, Mapping) else None
    typed = [each for each in found if kind in _types(each)]
    yield from typed or found


def _types(section: type[BaseModel]) -> tuple[Any, ...]:
    field = section.model_fields.get("type")
    return get_args(field.annotation) if field is not None else ()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _homes(name: str) -> list[str]:
    """The sections of the file that have a key of this name."""
    homes = ["the file itself"] if name in AgentConfig.model_fields else []
    for key, field in AgentConfig.model_fields.items():
        if any(name in section.model_fields for section in _models(field.annotation)):
            homes.append(key)
    return homes
