"""Stores the content of imported files."""

import asyncio
from functools import partial
from pathlib import Path

import asyncpg

from cli.data.import_file import Imported, read_file
from cli.data.session import run_in_transaction
from parley.records.postgres.calendars import put_calendar
from parley.records.postgres.customers import put_customers

STORE_TIMEOUT_S = 300.0
_SUFFIXES = frozenset({".csv", ".tsv", ".yaml", ".yml"})


async def store(connection: asyncpg.Connection, content: Imported) -> None:
    """Store customers and calendars, replacing those with the same id or name."""
    for calendar in content.calendars:
        await put_calendar(connection, calendar)
    await put_customers(connection, content.customers)


async def store_folder(url: str, folder: Path) -> int:
    """Store all files of a folder, which may not exist, in the database at an address; returns their number.

    Raises:
        ImportRefused: a file has a mistake; the files before it are stored.
        DataUnavailable: the database cannot be reached.
    """
    paths = await asyncio.to_thread(_files, folder)
    for path in paths:
        content = await asyncio.to_thread(read_file, path)
        await run_in_transaction(url, partial(store, content=content), STORE_TIMEOUT_S)
    return len(paths)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
