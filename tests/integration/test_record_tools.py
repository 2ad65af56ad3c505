"""Booking, cancelling, leads, messages and customers over a real Postgres."""

import asyncio
import time
from typing import Any

import asyncpg
import pytest

from cli.free_port import free_port
from parley.records.postgres.customers import put_customers
from parley.records.types import Customer
from services.brain.tools.context import open_tool_resources
from tests.integration.records_calls import CALLER, OPEN_ALWAYS, caller, day, fetch, opened

OTHER = "+15550199999"
CUSTOMERS = (
    ("1", (CALLER,), {"name": "Anna Müller", "plan": "Gold", "secret": "1234"}),
    ("2", (OTHER,), {"name": "Anna Müller", "plan": "Silver", "secret": "5678"}),
    ("3", ("+15550100777",), {"name": "Bob", "plan": "", "customer_id": "K-3"}),
)


async def test_a_booking_is_stored_once_and_can_be_cancelled(postgres_url: str) -> None:
    """The result can be spoken: time in the agent's language, reference digit by digit."""
    start = f"{day()}T10:30"
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        call = caller(resources)
        free = await call.use("find_free_slots", {"after": start})
        assert [slot["start"] for slot in free["free"]][:2] == [start, f"{day()}T11:00"]

        booked = await call.use("book_appointment", {"start": start, "name": "Anna Smith", "note": "Pain"})
        assert (booked["ok"], booked["start"], booked["with"]) == (True, start, "Dr. Miller")
        assert booked["say"].endswith("10:30 AM")
        assert booked["say_reference"].replace(" ", "").replace(",", "") == booked["reference"]
        assert booked == await call.use("book_appointment", {"start": start, "name": "Anna Smith"})

        later = caller(resources, "CA2")
        cancelled = await later.use("cancel_appointment", {"reference": booked["say_reference"]})
        assert (cancelled["ok"], cancelled["cancelled"]["reference"]) == (True, booked["reference"])
        assert cancelled == await later.use("cancel_appointment", {"reference": booked["say_reference"]})
        again = await later.use("book_appointment", {"start": start, "name": "Bob"}, "t2")
        assert again["ok"] is True
    rows = await fetch(postgres_url, "SELECT * FROM appointments ORDER BY id")
    assert [(row["name"], row["number"], row["cancelled_call_sid"]) for row in rows] == [
        ("Anna Smith", CALLER, "CA2"),
        ("Bob", CALLER, None),
    ]
    assert f"{rows[0]['starts_at']:%H:%M}" in ("14:30", "15:30")


async def test_a_taken_time_is_not_booked_twice_and_others_are_offered(postgres_url: str) -> None:
    """Sixteen callers want the same time at once."""
    start = f"{day()}T10:30"
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        wanted = {"start": start, "name": "Anna"}
        calls = [caller(resources, f"CA{n}") for n in range(16)]
        results = await asyncio.gather(*(call.use("book_appointment", wanted) for call in calls))

        assert sum(result["ok"] for result in results) == 1
        refused = next(result for result in results if not result["ok"])
        assert refused["reason"] == "this time is already taken"
        starts = [slot["start"] for slot in refused["free"]]
        assert len(starts) == 3
        assert start not in starts
        booked = await caller(resources, "CA99").use("book_appointment", {"start": starts[0], "name": "Bob"})
        assert booked["ok"] is True
        longer = caller(resources, "CA100", tools=[{"type": "book_appointment", "services": {"long": 120}}])
        overlaps = await longer.use("book_appointment", {"start": f"{day()}T09:00", "name": "Eve"})
        assert overlaps["reason"] == "this time is already taken"
    assert len(await fetch(postgres_url, "SELECT 1 FROM appointments")) == 2


async def test_the_table_itself_refuses_an_overlap(postgres_url: str) -> None:
    """Also from a program other than Parley."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        await caller(resources).use("book_appointment", {"start": f"{day()}T10:00", "name": "Anna"})
    copy = """
        INSERT INTO appointments (reference, calendar_id, starts_at, ends_at, busy, name, number, note,
            service, caller_number, agent, call_sid)
        SELECT 'x', calendar_id, starts_at, ends_at, {busy}, '', '', '', '', '', '', '' FROM appointments
    """
    with pytest.raises(asyncpg.ExclusionViolationError):
        await fetch(postgres_url, copy.format(busy="busy"))
    with pytest.raises(asyncpg.CheckViolationError):
        await fetch(postgres_url, copy.format(busy="int8range(1, 2)"))


async def test_only_the_callers_own_appointments_are_cancelled(postgres_url: str) -> None:
    """Unless the agent file allows others with a reference; a withheld number owns nothing."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        booked = await caller(resources).use("book_appointment", {"start": f"{day()}T10:00", "name": "Anna"})
        by_reference = {"reference": booked["reference"]}
        for number in (OTHER, "anonymous", ""):
            refused = await caller(resources, f"CA-{number}", number).use("cancel_appointment", by_reference)
            assert refused["ok"] is False, number
            at_time = {"start": f"{day()}T10:00"}
            refused = await caller(resources, f"CB-{number}", number).use("cancel_appointment", at_time)
            assert refused["ok"] is False, number
        open_to_all = [{"type": "cancel_appointment", "any_caller": True}]
        done = await caller(resources, "CA3", OTHER, open_to_all).use("cancel_appointment", by_reference)
        assert done["ok"] is True


async def test_one_of_several_appointments_is_found_by_its_time(postgres_url: str) -> None:
    """Without a time, the result lists them."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        call = caller(resources)
        for n, offset in enumerate((3, 4, 4)):
            start = f"{day(offset)}T{10 + n}:00"
            assert (await call.use("book_appointment", {"start": start, "name": "A"}, f"b{n}"))["ok"]

        unclear = await call.use("cancel_appointment", {}, "c1")
        assert (unclear["ok"], len(unclear["appointments"])) == (False, 3)
        unclear = await call.use("cancel_appointment", {"start": str(day(4))}, "c2")
        assert len(unclear["appointments"]) == 2
        done = await call.use("cancel_appointment", {"start": f"{day(4)}T12:00"}, "c3")
        assert (done["ok"], done["cancelled"]["start"]) == (True, f"{day(4)}T12:00")
        done = await call.use("cancel_appointment", {"start": str(day(3))}, "c4")
        assert done["ok"] is True


async def test_an_appointment_is_moved_in_one_step(postgres_url: str) -> None:
    """The old one stays if the new time is taken."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        other = caller(resources, "CA2", OTHER)
        assert (await other.use("book_appointment", {"start": f"{day()}T11:00", "name": "Bob"}))["ok"]
        call = caller(resources)
        first = await call.use("book_appointment", {"start": f"{day()}T10:00", "name": "Anna"}, "t1")
        move = {"name": "Anna", "replaces": first["reference"]}

        taken = await call.use("book_appointment", {**move, "start": f"{day()}T11:00"}, "t2")
        assert taken["ok"] is False
        moved = await call.use("book_appointment", {**move, "start": f"{day()}T12:00"}, "t3")
        assert (moved["ok"], moved["cancelled"]["reference"]) == (True, first["reference"])
        unknown = await other.use("book_appointment", {**move, "start": f"{day()}T13:00"}, "t4")
        assert unknown["ok"] is False
    active = "SELECT name FROM appointments WHERE cancelled_at IS NULL ORDER BY name"
    assert [row["name"] for row in await fetch(postgres_url, active)] == ["Anna", "Bob"]


async def test_several_calendars(postgres_url: str) -> None:
    """Without a wish any free one is booked; a missing calendar is a mistake of the setup."""
    second = {**OPEN_ALWAYS, "name": "dr_jones", "title": "Dr. Jones"}
    tools = [{"type": "book_appointment", "calendars": ["dr_miller", "dr_jones"]}]
    async with opened(postgres_url, OPEN_ALWAYS, second) as resources:
        wanted = {"start": f"{day()}T10:00", "name": "Anna"}
        doctors = []
        for n in range(3):
            result = await caller(resources, f"CA{n}", tools=tools).use("book_appointment", wanted)
            doctors.append(result.get("with", result.get("reason")))
        assert doctors == ["Dr. Miller", "Dr. Jones", "this time is already taken"]
        only = {**wanted, "calendar": "dr_jones"}
        assert not (await caller(resources, "CA8", tools=tools).use("book_appointment", only))["ok"]
        missing = [{"type": "book_appointment", "calendars": ["dr_who"]}]
        result = await caller(resources, "CA9", tools=missing).use("book_appointment", wanted)
        assert result["error"] == "the records cannot be reached at the moment; nothing was stored"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"start": "tomorrow at ten", "name": "A"}, "is not an ISO time such as 2026-12-01T10:30"),
        ({"start": "2026-12-01T10:30"}, "'name' is a required property"),
        ({"start": "2020-01-01T10:00", "name": "A"}, "this time has passed"),
        ({"start": "2999-01-01T10:00", "name": "A"}, "this is too far ahead to book"),
        ({"start": "9999-12-31T23:59", "name": "A"}, ""),
        ({"start": "0001-01-01T00:00", "name": "A"}, ""),
        ({"start": f"{day()}T10:07", "name": "A"}, "no appointment begins at this time"),
        ({"start": f"{day()}T10:00", "name": "A", "number": "call me"}, "is not a telephone number"),
        ({"start": f"{day()}T10:00", "name": "A", "calendar": "x"}, "cannot be reached"),
    ],
)
async def test_what_cannot_be_booked_has_a_reason(
    postgres_url: str, arguments: dict[str, Any], reason: str
) -> None:
    """The reason reaches the model, and no row is stored."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        result = await caller(resources).use("book_appointment", arguments)
    assert reason in (result.get("reason") or result["error"])
    assert result.get("error") != "the tool failed"
    assert await fetch(postgres_url, "SELECT 1 FROM appointments") == []


async def test_messages_and_leads_are_stored(postgres_url: str) -> None:
    """The caller's number is the default; the score is computed."""
    async with opened(postgres_url) as resources:
        call = caller(resources)
        message = {"recipient": "Sales", "text": "Call back 😀", "urgency": "urgent", "name": "Anna"}
        assert (await call.use("take_message", message, "t1"))["ok"] is True
        lead = await call.use("log_lead", {"name": "Anna", "interest": "flat", "budget": 150.5}, "t2")
        assert (lead["ok"], lead["score"], lead["qualified"]) == (True, 10, True)
        withheld = caller(resources, "CA2", "anonymous")
        refused = await withheld.use("take_message", message, "t1")
        assert "ask for one" in refused["error"]
        given = {**message, "callback_number": "0049 30 123456"}
        assert (await withheld.use("take_message", given, "t2"))["ok"] is True
    stored = await fetch(postgres_url, "SELECT * FROM messages ORDER BY id")
    assert [(row["callback_number"], row["urgency"], row["text"]) for row in stored] == [
        (CALLER, "urgent", "Call back 😀"),
        ("+4930123456", "urgent", "Call back 😀"),
    ]
    [stored_lead] = await fetch(postgres_url, "SELECT contact, budget, score, agent FROM leads")
    assert (stored_lead["contact"], str(stored_lead["budget"]), stored_lead["agent"]) == (
        CALLER,
        "150.5",
        "clinic",
    )


async def test_a_customer_is_found_by_number_or_fields(postgres_url: str) -> None:
    """Only the configured fields are returned; several matches and none have different results."""
    async with opened(postgres_url) as resources:
        call = caller(resources)
        await call.use("lookup_customer", {})
        await resources.database.transaction(
            lambda used: put_customers(used, [Customer(*values) for values in CUSTOMERS]), 5.0
        )
        assert await call.use("lookup_customer", {}) == {
            "found": True,
            "customer": {"name": "Anna Müller", "plan": "Gold"},
        }
        by_name = await call.use("lookup_customer", {"name": "anna MULLER"})
        assert by_name["customer"]["plan"] == "Gold"
        stranger = caller(resources, "CA2", "+15550000000")
        several = await stranger.use("lookup_customer", {"name": "Anna Müller"})
        assert several == {
            "found": False,
            "reason": "several customers fit",
            "ask_for": ["customer_id", "number"],
        }
        assert (await stranger.use("lookup_customer", {"customer_id": "k3"}))["customer"] == {"name": "Bob"}
        assert (await stranger.use("lookup_customer", {"number": "+1 555 0199 999"}))["customer"]["plan"] == (
            "Silver"
        )
        assert (await stranger.use("lookup_customer", {}))["reason"] == "no customer fits"
        withheld = caller(resources, "CA3", "Anonymous")
        assert "ask the caller for one of: name" in (await withheld.use("lookup_customer", {}))["error"]


async def test_a_database_that_is_down_fails_the_tool_in_time() -> None:
    """The model gets a reason within the time limit of the tool."""
    async with open_tool_resources(f"postgresql://postgres@127.0.0.1:{free_port()}/none") as resources:
        began_s = time.monotonic()
        result = await caller(resources).use("take_message", {"recipient": "Sales", "text": "Hi"})
    assert result["error"] == "the records cannot be reached at the moment; nothing was stored"
    assert time.monotonic() - began_s < 5.5
