"""Shows records as a table or as JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from parley.records.postgres.admin import Table

_JSON_COLUMNS = frozenset({"fields", "definition"})
_HIDDEN = frozenset({"zone", "ends_at", "created_at", "updated_at", "call_sid", "agent", "definition"})
"""Columns that only the JSON has, unless they are in `_SHOWN`."""
_SHOWN: Mapping[Table, frozenset[str]] = {
    "messages": frozenset({"created_at"}),
    "leads": frozenset({"created_at"}),
    "calendars": frozenset({"definition"}),
}


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a JSON list; times are ISO with an offset."""
    return json.dumps([_record(row) for row in rows], indent=2, ensure_ascii=False)


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json_value(name, value, row) for name, value in row.items()}


def _json_value(name: str, value: Any, row: Mapping[str, Any]) -> Any:
    if name in _JSON_COLUMNS:
        return json.loads(value)
    if isinstance(value, datetime):
        return _local(value, row).isoformat()
    return str(value) if isinstance(value, Decimal | date) else value


def as_table(table: Table, rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the rows as a table; times are local to the calendar."""
    shown = _SHOWN.get(table, frozenset())
    names = [name for name in rows[0] if name not in _HIDDEN or name in shown] if rows else []
    if not names:
        console.print(f"no {table}")
        return
    view = RichTable(*(name.replace("_", " ") for name in names), box=None, padding=(0, 2, 0, 0))
    for row in rows:
        view.add_row(*(Text(_text(name, row[name], row)) for name in names))
    console.print(view)


def _text(name: str, value: Any, row: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{_local(value, row):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name in _JSON_COLUMNS:
        return ", ".join(f"{key}: {part}" for key, part in json.loads(value).items() if part)
    return str(value)


def _local(value: datetime, row: Mapping[str, Any]) -> datetime:
    zone = row.get("zone")
    return value.astimezone(ZoneInfo(zone) if zone else None)
