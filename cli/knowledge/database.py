"""The database of the knowledge bases, as the command line finds it."""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import structlog

from cli.calls import SystemNotRunning, environment_of
from parley.database.schema import SchemaTooNew, migrate, read_migrations
from parley.errors import ParleyError

_VARIABLE = "PARLEY_POSTGRES_URL"
_CONNECT_TIMEOUT_S = 10.0
_COMMAND_TIMEOUT_S = 300.0


class NoDatabase(ParleyError):
    """The database cannot be used; the text has the reason and the remedy."""


def database_url(home: Path, environment: Mapping[str, str]) -> str:
    """Return the address in the environment, or that of the system that runs on this machine.

    Raises:
        NoDatabase: there is neither.
    """
    if url := environment.get(_VARIABLE):
        return url
    with suppress(SystemNotRunning, KeyError):
        return environment_of(home)[_VARIABLE]
    raise NoDatabase(
        f"{_VARIABLE} is not set, and no system runs here: set it to your database, "
        "or start a system with `parley up`"
    )


@asynccontextmanager
async def open_database(home: Path) -> AsyncIterator[asyncpg.Connection]:
    """Connect to the database and bring its schema up to date.

    Raises:
        NoDatabase: it cannot be reached, refuses the user, or is used by a newer version.
    """
    url = database_url(home, os.environ)
    # The commands print what concerns their user; standard output may be JSON.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        connection = await asyncpg.connect(
            url,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=_COMMAND_TIMEOUT_S,
            server_settings={"application_name": "parley-knowledge"},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise NoDatabase(
            f"{_VARIABLE}: no connection to {_server(url)}: {str(error) or type(error).__name__}"
        ) from None
    try:
        await migrate(connection, read_migrations())
        yield connection
    except SchemaTooNew as error:
        raise NoDatabase(f"{_VARIABLE}: {error}") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabase(f"{_VARIABLE}: {_server(url)}: {error}") from None
    finally:
        connection.terminate() if connection.is_closed() else await connection.close(timeout=5)


def _server(url: str) -> str:
    """Return the server of an address, without user and password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "the local socket", parts.port or 5432
    except ValueError:
        return "the server"
    return f"{host}:{port}"
