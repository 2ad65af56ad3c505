"""A database with knowledge bases, for tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg

from parley.database.schema import migrate, read_migrations
from parley.knowledge.indexing import FileResult, IndexJob, IndexReport, index_folder

HELPDESK = Path(__file__).parents[2] / "agents" / "knowledge" / "helpdesk"
Result = TypeVar("Result")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database with the latest schema."""
    connection = await asyncpg.connect(url)
    try:
        await migrate(connection, read_migrations())
        yield connection
    finally:
        await connection.close()


async def index(
    connection: asyncpg.Connection, folder: Path, name: str = "docs", language: str = ""
) -> IndexReport:
    """Index a folder."""
    return await index_folder(connection, IndexJob(folder, name, language), lambda _result, _total: None)


def statuses(report: IndexReport) -> dict[str, str]:
    """Return the status of each file."""
    return {result.name: result.status for result in report.results}


def result_of(report: IndexReport, name: str) -> FileResult:
    """Return what was done with a file."""
    return next(result for result in report.results if result.name == name)


def run(url: str, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    """Run work on a connection, outside an event loop."""

    async def connect_and_work() -> Result:
        async with connected(url) as connection:
            return await work(connection)

    return asyncio.run(connect_and_work())
