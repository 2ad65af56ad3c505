"""Records as a table and as JSON."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console

from cli.data.listing import as_json, as_table

APPOINTMENT = {
    "reference": "123456",
    "zone": "Europe/Berlin",
    "starts_at": datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
    "name": "Anna [bold]",
    "call_sid": "CA1",
    "cancelled_at": None,
}


def test_a_table_has_local_times_and_no_markup() -> None:
    """Names of callers are printed without changes."""
    out = io.StringIO()
    as_table("appointments", [APPOINTMENT], Console(file=out, width=200))
    text = out.getvalue()
    assert "2026-12-01 10:30" in text
    assert "Anna [bold]" in text
    assert "CA1" not in text


def test_json_has_every_column() -> None:
    [row] = json.loads(as_json([{**APPOINTMENT, "budget": Decimal("1.50"), "fields": '{"a": "b"}'}]))
    assert row["starts_at"] == "2026-12-01T10:30:00+01:00"
    assert (row["budget"], row["fields"], row["call_sid"]) == ("1.50", {"a": "b"}, "CA1")


def test_an_empty_table_is_a_sentence() -> None:
    out = io.StringIO()
    as_table("leads", [], Console(file=out))
    assert out.getvalue() == "no leads\n"
