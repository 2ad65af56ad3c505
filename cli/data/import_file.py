"""Reads a file with customers or calendars."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cli.data.customer_table import read_csv, read_rows
from cli.data.problems import ImportRefused
from parley.records.calendar import Calendar
from parley.records.types import Customer

_MAX_BYTES = 100_000_000
_SECTIONS = frozenset({"calendars", "customers"})


@dataclass(frozen=True, slots=True)
class Imported:
    """The content of a file."""

    customers: tuple[Customer, ...] = ()
    calendars: tuple[Calendar, ...] = ()


def read_file(path: Path, country_code: str = "") -> Imported:
    """Read a CSV file with customers, or a YAML file with `customers` and `calendars`.

    Raises:
        ImportRefused: with a line for each problem.
    """
    text = _read_text(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return Imported(customers=tuple(read_csv(text, path.name, country_code)))
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        raise ImportRefused([f"{path}: must be a .csv or .yaml file"])
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ImportRefused([f"{path}: not valid YAML: {error}"]) from None
    if not isinstance(data, dict) or not data or set(data) - _SECTIONS:
        raise ImportRefused([f"{path}: must have the keys `calendars` or `customers`, each a list"])
    problems: list[str] = []
    calendars = tuple(_calendars(data.get("calendars") or [], path.name, problems))
    rows = list(_customer_rows(data.get("customers") or [], path.name, problems))
    customers = read_rows(rows, path.name, country_code, problems) if rows else []
    if problems:
        raise ImportRefused(problems)
    return Imported(tuple(customers), calendars)


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ImportRefused([f"{path}: over {_MAX_BYTES // 1_000_000} MB: split it"])
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ImportRefused([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ImportRefused([f"{path}:{line}: not UTF-8: save it as UTF-8 (in Excel: CSV UTF-8)"]) from None


def _calendars(entries: Any, file: str, problems: list[str]) -> Iterator[Calendar]:
    if not isinstance(entries, list):
        problems.append(f"{file}: calendars: must be a list")
        return
    names: set[str] = set()
    for number, entry in enumerate(entries):
        try:
            calendar = Calendar.model_validate(entry)
        except ValidationError as error:
            problems += [f"{file}: {_place(number, entry, problem)}" for problem in error.errors()]
            continue
        if calendar.name in names:
            problems.append(f"{file}: calendars.{number}.name: {calendar.name!r} appears twice")
        names.add(calendar.name)
        yield calendar


def _place(number: int, entry: Any, problem: Any) -> str:
    keys = ".".join(str(key) for key in ("calendars", number, *problem["loc"]) if key != "[key]")
    name = f" ({entry['name']})" if isinstance(entry, dict) and entry.get("name") else ""
    return f"{keys}{name}: {problem['msg'].removeprefix('Value error, ')}"


def _customer_rows(entries: Any, file: str, problems: list[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    if not isinstance(entries, list):
        problems.append(f"{file}: customers: must be a list")
        return
    for number, entry in enumerate(entries):
        place = f"{file}: customers.{number}"
        if not isinstance(entry, dict):
            problems.append(f"{place}: must have keys such as id, name and number")
            continue
        row = {}
        for key, value in entry.items():
            if isinstance(value, list) and key in ("number", "numbers"):
                row[str(key)] = ";".join(map(str, value))
            elif isinstance(value, list | dict):
                problems.append(f"{place}.{key}: must be one value")
            elif key in ("number", "numbers") and not isinstance(value, str):
                problems.append(f"{place}.{key}: put the number in quotes, with its country code")
            else:
                row[str(key)] = "" if value is None else str(value)
        yield place, row
