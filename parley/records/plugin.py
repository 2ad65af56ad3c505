"""Finds backends by name: entry points in the group `parley.records`. Nothing is imported before its use."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from parley.database.connections import Database
from parley.errors import ConfigError

GROUP = "parley.records"
POSTGRES = "postgres"
"""Name of the built-in backend."""


class NoOptions(BaseModel):
    """The `options` of a backend that has none."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class RecordsContext:
    """Resources of the process that backends may use."""

    database: Database


@dataclass(frozen=True, slots=True)
class RecordsPlugin:
    """The object that an entry point refers to."""

    open: Callable[[RecordsContext, Any], AbstractAsyncContextManager[object]]
    """Opens the backend with its options, for as long as the process runs. What it yields implements one or
    more of the interfaces in `parley.records.interfaces`."""
    options: type[BaseModel] = NoOptions
    """Validates `options` in the agent file."""


def load_backend(name: str) -> RecordsPlugin:
    """Import the plugin of a backend.

    Raises:
        ConfigError: there is no such backend, two have the name, or it cannot be imported.
    """
    found = [entry for entry in _entry_points() if entry.name == name]
    if not found:
        names = ", ".join(sorted({entry.name for entry in _entry_points()})) or "none"
        raise ConfigError(f"backend: no {name!r} is installed (group {GROUP}); installed are: {names}")
    if len({entry.value for entry in found}) > 1:
        origins = " and ".join(_origin(entry) for entry in found)
        raise ConfigError(f"backend: {name!r} is installed twice: {origins}")
    try:
        plugin = found[0].load()
    except Exception as error:
        # A third-party module may raise anything when imported.
        raise ConfigError(
            f"backend: {name!r} cannot be loaded from {_origin(found[0])}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(plugin, RecordsPlugin):
        raise ConfigError(f"backend: {_origin(found[0])} is not a RecordsPlugin")
    return plugin


def check_options(name: str, options: Mapping[str, Any]) -> tuple[RecordsPlugin, BaseModel]:
    """Load a backend and validate its options.

    Raises:
        ConfigError: as `load_backend`, or an option is wrong; the message names it.
    """
    plugin = load_backend(name)
    try:
        return plugin, plugin.options.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("options", *first["loc"])))
        raise ConfigError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def reload_entry_points() -> None:
    """Clear the cache of installed entry points; for tests that install some."""
    _entry_points.cache_clear()


@cache
def _entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _origin(entry: EntryPoint) -> str:
    distribution = f" ({entry.dist.name})" if entry.dist else ""
    return f"{entry.value}{distribution}"
