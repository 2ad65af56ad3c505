"""`parley data` on a real Postgres."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.data.command import data
from parley.records.calendar import WEEKDAYS
from tests.integration.records_calls import ALL_TOOLS, CALLER, caller, day, fetch, opened

CALENDARS = """
calendars:
  - name: dr_miller
    zone: Europe/Berlin
    notice_minutes: 0
    hours: {WEEK}
""".replace("{WEEK}", json.dumps({weekday: ["08:00-18:00"] for weekday in WEEKDAYS}))


def run(postgres_url: str, *arguments: str, code: int = 0) -> str:
    """Run a command and return its output."""
    result = CliRunner().invoke(data, arguments, env={"PARLEY_POSTGRES_URL": postgres_url})
    assert result.exit_code == code, result.output
    return result.output


async def use_tools(postgres_url: str, number: str) -> None:
    """Leave a message, a lead and an appointment."""
    async with opened(postgres_url) as resources:
        call = caller(resources, f"CA{number}", number, ALL_TOOLS)
        assert (await call.use("take_message", {"recipient": "Sales", "text": "Hi"}, "t1"))["ok"]
        assert (await call.use("log_lead", {"name": "Anna", "interest": "flat"}, "t2"))["ok"]
        [slot, *_] = (await call.use("find_free_slots", {"after": str(day())}))["free"]
        assert (await call.use("book_appointment", {"start": slot["start"], "name": "Anna"}, "t3"))["ok"]


def test_a_file_is_imported_and_its_records_are_listed_and_deleted(postgres_url: str, tmp_path: Path) -> None:
    """Records of the tools are listed, and only one person's are erased."""
    (tmp_path / "calendars.yaml").write_text(CALENDARS)
    (tmp_path / "customers.csv").write_text(f"id,name,number\n1,Anna,{CALLER}\n2,Bob,+15550199999\n")
    assert run(postgres_url, "import", str(tmp_path / "calendars.yaml")) == (
        "stored 0 customers and 1 calendars\n"
    )
    for _ in range(2):
        assert "stored 2 customers" in run(postgres_url, "import", str(tmp_path / "customers.csv"))
    for number in (CALLER, "+15550199999"):
        asyncio.run(use_tools(postgres_url, number))

    def listed(table: str) -> list[dict[str, Any]]:
        return list(json.loads(run(postgres_url, table, "--json")))

    assert [row["fields"]["name"] for row in listed("customers")] == ["Anna", "Bob"]
    assert [row["number"] for row in listed("appointments")] == [CALLER, "+15550199999"]
    for table in ("messages", "leads", "appointments"):
        assert len(listed(table)) == 2
        assert "Anna" in run(postgres_url, table) or table == "messages"
    assert [row["name"] for row in listed("calendars")] == ["dr_miller"]

    out = run(postgres_url, "delete", "--number", "+1 555 0100-123", "--yes")

    assert "appointments: 1 deleted" in out
    assert "tool_effects: 3 deleted" in out
    for table in ("messages", "leads", "appointments", "customers"):
        assert len(listed(table)) == 1, table
    assert CALLER not in str(asyncio.run(fetch(postgres_url, "SELECT * FROM tool_effects")))
    run(postgres_url, "delete", "--older-than-days", "1", "--yes")
    assert len(listed("messages")) == 1


def test_a_file_with_a_mistake_changes_nothing(postgres_url: str, tmp_path: Path) -> None:
    """Its row and column are named."""
    path = tmp_path / "customers.csv"
    path.write_text(f"id,number\n1,{CALLER}\n2,call me\n")
    out = run(postgres_url, "import", str(path), code=1)
    assert "customers.csv:3: column number: 'call me' has no country code" in out
    assert run(postgres_url, "customers") == "no customers\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("delete",), "give either --number or --older-than-days"),
        (("delete", "--number", "0301234", "--yes"), "has no country code"),
    ],
)
def test_a_deletion_that_is_not_clear_is_refused(arguments: tuple[str, ...], reason: str) -> None:
    assert reason in run("postgresql://127.0.0.1:1/none", *arguments, code=1)


def test_without_a_database_the_setting_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(data, ["leads", "--home", str(tmp_path)], env={"PARLEY_POSTGRES_URL": ""})
    assert result.exit_code == 1
    assert "PARLEY_POSTGRES_URL is not set, and no system is running" in result.output
