"""Write docs/settings.md, and the chart's list of settings: `python -m scripts.settings_docs`."""

import importlib
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from parley.settings import variable

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "settings.md"
CHART_SETTINGS = ROOT / "deploy" / "helm" / "parley" / "files" / "settings.json"
_PACKAGES = ("parley", "services", "cli", "bench", "sandbox")
_INTRODUCTION = """\
# Settings

<!-- Generated from the settings classes by `make docs`; do not edit. -->

All settings are environment variables. A process with an invalid setting prints its name and the reason,
and exits with code 2. An agent file may name further variables that hold the keys of its tools.
"""
_UNITS = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_wpm": "words per minute",
    "_ppm": "parts per million",
    "_per_s": "per second",
    "_factor": "factor",
}


def settings_classes() -> list[type[BaseSettings]]:
    """The settings classes of all processes, those shared by all services first."""
    found: list[type[BaseSettings]] = []
    for package in _PACKAGES:
        folder = ROOT / package
        for path in sorted(folder.rglob("settings.py"), key=lambda path: (path.parent != folder, path)):
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            found += [
                value
                for value in vars(module).values()
                if isinstance(value, type)
                and issubclass(value, BaseSettings)
                and value.__module__ == module.__name__
            ]
    return found


def own_fields(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields that a class declares or redefines itself."""
    return {name: field for name, field in kind.model_fields.items() if name in kind.__annotations__}


def chart_settings() -> str:
    """JSON of the variables that each service reads, with which the chart refuses misspelt ones."""
    variables: dict[str, set[str]] = {}
    for kind in settings_classes():
        package, _, rest = kind.__module__.partition(".")
        if package == "services":
            names = {variable(kind, name) for name in kind.model_fields}
            variables.setdefault(rest.partition(".")[0], set()).update(names)
    return json.dumps({service: sorted(names) for service, names in variables.items()}, indent=2) + "\n"


def undocumented(kinds: list[type[BaseSettings]]) -> list[str]:
    """Fields without a description, as `Class.field`."""
    models = [*kinds, *(model for kind in kinds for _, model in _nested(kind))]
    return [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in own_fields(model).items()
        if not field.description
    ]


def page(kinds: list[type[BaseSettings]]) -> str:
    """Return the whole document."""
    return "\n".join([_INTRODUCTION, *(line for kind in kinds for line in _section(kind))])


def _section(kind: type[BaseSettings]) -> Iterator[str]:
    title = (kind.__doc__ or kind.__name__).splitlines()[0].rstrip(".")
    yield f"## {title}\n"
    yield "| variable | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in own_fields(kind).items():
        yield _row(variable(kind, name), name, field)
    yield ""
    for name, model in _nested(kind):
        yield f"Keys of `{variable(kind, name)}`, a JSON object:\n"
        yield "| key | value | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for key, field in own_fields(model).items():
            yield _row(key, key, field)
        yield ""


def _nested(kind: type[BaseSettings]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in own_fields(kind).items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def _row(shown: str, name: str, field: FieldInfo) -> str:
    meaning = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{shown}` | {value_of(name, field)} | {default_of(field)} | {meaning} |"


def value_of(name: str, field: FieldInfo) -> str:
    """Return the unit or type of a setting, and its limits."""
    kind = _without_none(field.annotation)
    if typing.get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" if choice else "empty" for choice in typing.get_args(kind))
    if kind is bool:
        return "`true`, `false`"
    return f"{_type(name, kind)}{_limits(field)}"


def _without_none(kind: Any) -> Any:
    kinds = [part for part in typing.get_args(kind) if part is not NoneType]
    return kinds[0] if NoneType in typing.get_args(kind) and len(kinds) == 1 else kind


def _type(name: str, kind: Any) -> str:
    if typing.get_origin(kind) is tuple:
        return "JSON list"
    if kind in (int, float):
        if name == "port" or name.endswith("_port"):
            return "port"
        units = [unit for suffix, unit in _UNITS.items() if name.endswith(suffix)]
        return units[-1] if units else "number"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "JSON object"
    if isinstance(kind, type) and issubclass(kind, SecretStr):
        return "secret"
    if isinstance(kind, type) and issubclass(kind, Path):
        return "path"
    return "URL" if name.endswith("_url") else "text"


def _limits(field: FieldInfo) -> str:
    low = high = ""
    for limit in field.metadata:
        match limit:
            case annotated_types.Ge(ge=edge):
                low = f"at least {edge}"
            case annotated_types.Gt(gt=edge):
                low = f"more than {edge}"
            case annotated_types.Le(le=edge) if edge != 65535:
                high = f"at most {edge}"
            case _:
                pass
    if low == "at least 0":
        low = ""
    return "".join(f", {limit}" for limit in (low, high) if limit)


def default_of(field: FieldInfo) -> str:
    """Return the default in the form in which it would be set; empty without a default."""
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    match default:
        case None | "" | ():
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case float():
            return f"`{default:g}`"
        case BaseModel():
            return "`{}`"
        case _:
            return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(settings_classes()), "utf-8")
    CHART_SETTINGS.write_text(chart_settings(), "utf-8")
