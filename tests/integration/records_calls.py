"""Tools that keep records, within calls, over a real Postgres."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from parley.agent_config import AgentConfig
from parley.records.calendar import WEEKDAYS, Calendar
from parley.records.postgres.calendars import put_calendar
from parley.v1.call_pb2 import DIRECTION_INBOUND, CallStarted
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import ToolResources, context_without_call, open_tool_resources
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import run_tool

CALLER = "+15550100123"
ALL_TOOLS = (
    "book_appointment",
    "cancel_appointment",
    "take_message",
    {"type": "log_lead", "score": [{"field": "budget", "at_least": 100, "points": 10}], "qualified_from": 10},
    {"type": "lookup_customer", "by": ["name", "customer_id", "number"], "returns": ["name", "plan"]},
)
OPEN_ALWAYS: Mapping[str, Any] = {
    "name": "dr_miller",
    "title": "Dr. Miller",
    "zone": "America/New_York",
    "hours": {weekday: ["00:00-24:00"] for weekday in WEEKDAYS},
    "notice_minutes": 0,
}


@dataclass(frozen=True)
class Caller:
    """A call with an agent that has the tools."""

    tools: Sequence[Tool]

    async def use(self, name: str, arguments: Mapping[str, Any], tool_call_id: str = "t1") -> dict[str, Any]:
        """Call a tool and return its result, with `failed` for a failure."""
        result = await run_tool(self.tools, ToolCall(tool_call_id, name, json.dumps(arguments), "r1"))
        value = json.loads(result.result)
        return {**value, "failed": True} if result.failed else value


def caller(
    resources: ToolResources, call_sid: str = "CA1", number: str = CALLER, tools: Any = ALL_TOOLS
) -> Caller:
    """A call of a caller."""
    agent = AgentConfig.model_validate({"name": "clinic", "prompt": "x", "tools": tools})
    context = context_without_call(agent, resources, call_sid)
    started = CallStarted(direction=DIRECTION_INBOUND, from_number=number, to_number="+15559990000")
    context = replace(context, started=started)
    return Caller(tuple(build_tools(agent, context)))


@asynccontextmanager
async def opened(postgres_url: str, *calendars: Mapping[str, Any]) -> AsyncIterator[ToolResources]:
    """The resources of a brain, with calendars in its database."""
    async with open_tool_resources(postgres_url) as resources:
        for calendar in calendars:
            await store_calendar(resources, Calendar.model_validate(calendar))
        yield resources


async def store_calendar(resources: ToolResources, calendar: Calendar) -> None:
    """Store a calendar in the database."""
    await resources.database.transaction(lambda connection: put_calendar(connection, calendar), 20.0)


def day(offset: int = 3) -> date:
    """A date in the future."""
    return datetime.now(UTC).date() + timedelta(days=offset)


async def fetch(postgres_url: str, sql: str) -> list[dict[str, Any]]:
    """Read rows."""
    connection = await asyncpg.connect(postgres_url)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()
