"""The built-in backend: the records in the tables of `parley/database`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel

from parley.records.plugin import RecordsContext, RecordsPlugin
from parley.records.postgres.backend import PostgresRecords


@asynccontextmanager
async def _open(context: RecordsContext, _options: BaseModel) -> AsyncIterator[PostgresRecords]:
    yield PostgresRecords(context.database)


PLUGIN = RecordsPlugin(open=_open)
