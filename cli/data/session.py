"""The database that `parley data` works on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg
import structlog

from cli.calls import SystemNotRunning, environment_of
from parley.database.connections import Database
from parley.errors import ProviderError

_TIMEOUT_S = 20.0
"""For an operation, including the wait for the connection."""
VARIABLE = "PARLEY_POSTGRES_URL"

Result = TypeVar("Result")


class DataUnavailable(Exception):
    """The database cannot be used; the text names the setting and the reason."""


def postgres_url(environment: Mapping[str, str], home: Path) -> str:
    """The address in the environment, or else that of the running system.

    Raises:
        DataUnavailable: neither exists.
    """
    if url := environment.get(VARIABLE, ""):
        return url
    try:
        return environment_of(home).get(VARIABLE, "")
    except SystemNotRunning as error:
        raise DataUnavailable(f"{VARIABLE} is not set, and {error}") from None


def in_transaction(
    url: str, work: Callable[[asyncpg.Connection], Awaitable[Result]], timeout_s: float = _TIMEOUT_S
) -> Result:
    """Run `work` in a transaction on the migrated database.

    Raises:
        DataUnavailable: the database cannot be reached, or refuses a value.
    """
    return asyncio.run(run_in_transaction(url, work, timeout_s))


async def run_in_transaction(
    url: str, work: Callable[[asyncpg.Connection], Awaitable[Result]], timeout_s: float
) -> Result:
    """Run `work` in a transaction, as `in_transaction` does."""
    database = Database(url, "parley-data", max_connections=2)
    failed = ""
    with _quiet():
        async with database.opened():
            try:
                return await database.transaction(work, timeout_s)
            except ProviderError as error:
                failed = error.reason
    raise DataUnavailable(f"{VARIABLE}: {failed}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Write no log lines between the output of a command."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
