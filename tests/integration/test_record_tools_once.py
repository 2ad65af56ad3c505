"""One effect for each tool call: repeated, in parallel, from two processes, and after a kill."""

import asyncio
import json
import sys
from typing import Any

import pytest

from tests.integration.records_calls import OPEN_ALWAYS, Caller, caller, day, fetch, opened

ARGUMENTS: dict[str, dict[str, Any]] = {
    "book_appointment": {"start": f"{day()}T10:00", "name": "Anna"},
    "cancel_appointment": {},
    "take_message": {"recipient": "Sales", "text": "Call back."},
    "log_lead": {"name": "Anna", "interest": "flat"},
}
EFFECTS = {
    "book_appointment": "SELECT 1 FROM appointments",
    "cancel_appointment": "SELECT 1 FROM appointments WHERE cancelled_at IS NOT NULL",
    "take_message": "SELECT 1 FROM messages",
    "log_lead": "SELECT 1 FROM leads",
}
_PROCESS = """
import asyncio, json, os, sys
from tests.integration.records_calls import caller, opened

async def main(url, name, arguments, ending):
    async with opened(url) as resources:
        call = caller(resources)
        print("ready", flush=True)
        sys.stdin.readline()
        results = await asyncio.gather(*(call.use(name, arguments) for _ in range(50)))
        if ending == "die":
            os._exit(9)
        print(json.dumps(results), flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]))
"""


async def prepare(call: Caller, name: str) -> None:
    """Book the appointment that the test cancels."""
    if name == "cancel_appointment":
        booked = await call.use("book_appointment", ARGUMENTS["book_appointment"], "earlier")
        assert booked["ok"]


@pytest.mark.parametrize("name", EFFECTS)
async def test_a_thousand_calls_have_one_effect(postgres_url: str, name: str) -> None:
    """Half of them one after the other, half in parallel; all get the first result."""
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        call = caller(resources)
        await prepare(call, name)
        async with asyncio.timeout(20):
            results = await asyncio.gather(*(call.use(name, ARGUMENTS[name]) for _ in range(500)))
            results += [await call.use(name, ARGUMENTS[name]) for _ in range(500)]
    assert results[0]["ok"] is True
    assert all(result == results[0] for result in results)
    assert len(await fetch(postgres_url, EFFECTS[name])) == 1


async def test_different_calls_have_an_effect_each(postgres_url: str) -> None:
    """The key is the tool call, not its arguments."""
    async with opened(postgres_url) as resources:
        for call_sid, tool_call_id in (("CA1", "t1"), ("CA1", "t2"), ("CA2", "t1")):
            result = await caller(resources, call_sid).use(
                "take_message", ARGUMENTS["take_message"], tool_call_id
            )
            assert result["ok"] is True
    assert len(await fetch(postgres_url, EFFECTS["take_message"])) == 3


@pytest.mark.parametrize("ending", ["live", "die"])
async def test_two_processes_have_one_effect_together(postgres_url: str, ending: str) -> None:
    """A process may be killed after the commit, before it returns the result; the next one returns it."""
    name = "book_appointment"
    async with opened(postgres_url, OPEN_ALWAYS) as resources:
        processes = [await start(postgres_url, name, ending) for _ in range(2)]
        for process in processes:
            assert await process.stdout.readline() == b"ready\n"
        for process in processes:
            process.stdin.write(b"go\n")
        results: list[dict[str, Any]] = []
        for process in processes:
            out, _ = await asyncio.wait_for(process.communicate(), 30)
            results += json.loads(out.splitlines()[-1]) if ending == "live" else []
        results.append(await caller(resources).use(name, ARGUMENTS[name]))
    assert results[0]["ok"] is True
    assert len(results) == (101 if ending == "live" else 1)
    assert all(result == results[0] for result in results)
    [row] = await fetch(postgres_url, "SELECT reference FROM appointments")
    assert row["reference"] == results[0]["reference"]


async def start(postgres_url: str, name: str, ending: str) -> asyncio.subprocess.Process:
    """Start a process that makes the same tool call fifty times."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROCESS, postgres_url, name, json.dumps(ARGUMENTS[name]), ending),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
