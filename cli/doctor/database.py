"""Checks of the database, for agents with tools that use it."""

import asyncio

import asyncpg

from cli.doctor.context import Context
from cli.doctor.finding import Reporter
from parley.agent_config import AgentConfig
from parley.agent_config.tools import BookAppointmentTool, CancelAppointmentTool
from parley.database.schema import read_migrations

_VARIABLE = "PARLEY_POSTGRES_URL"
_TIMEOUT_S = 5.0


def needs_database(agent: AgentConfig) -> bool:
    """Whether a tool of the agent uses the database."""
    return any(tool.needs_database for tool in agent.tools)


async def check_database(context: Context, reporter: Reporter) -> None:
    """Connect to the database, and check its schema and the calendars that the agent file names."""
    url = context.variable(_VARIABLE)
    if not url:
        reporter.note("database", f"{_VARIABLE} is not set: `parley up` starts a Postgres of its own")
        return
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            connection = await asyncpg.connect(url)
            try:
                await _check_schema(connection, context.agent, reporter)
            finally:
                await connection.close()
    except TimeoutError:
        reporter.failed("database", f"no response within {_TIMEOUT_S:g} s: check the address in {_VARIABLE}")
    except (OSError, asyncpg.PostgresError) as error:
        reporter.failed("database", f"tools that use it would fail: {error} ({_VARIABLE})")
    except (ValueError, asyncpg.InterfaceError) as error:
        # The text may contain the address with its password.
        reporter.failed("database", f"{_VARIABLE} is not an address of Postgres: {type(error).__name__}")


async def _check_schema(connection: asyncpg.Connection, agent: AgentConfig, reporter: Reporter) -> None:
    expected = len(read_migrations())
    exists = await connection.fetchval("SELECT to_regclass('schema_migrations')") is not None
    version = await connection.fetchval("SELECT max(version) FROM schema_migrations") if exists else 0
    if version > expected:
        reporter.failed("database", f"its schema is version {version}, newer than this Parley ({expected})")
    elif version < expected:
        text = (
            f"its schema is version {version} of {expected}: a brain or recorder migrates it when it starts"
        )
        reporter.note("database", text)
    else:
        reporter.ok("database", f"schema version {version}")
        await _check_calendars(connection, agent, reporter)


async def _check_calendars(connection: asyncpg.Connection, agent: AgentConfig, reporter: Reporter) -> None:
    sections = [tool for tool in agent.tools if isinstance(tool, BookAppointmentTool | CancelAppointmentTool)]
    sections = [section for section in sections if section.needs_database]
    if not sections:
        return
    rows = await connection.fetch("SELECT name FROM calendars ORDER BY name LIMIT 1000")
    stored = {row["name"] for row in rows}
    missing = sorted({name for section in sections for name in section.calendars} - stored)
    if missing or not stored:
        what = f"no calendar {', '.join(missing)}" if missing else "no calendar"
        reporter.failed("calendars", f"the database has {what}: run `parley data import FILE.yaml`")
    else:
        reporter.ok("calendars", ", ".join(sorted(stored)[:10]))
