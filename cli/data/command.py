"""The commands of `parley data`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import asyncpg
import typer
from rich.console import Console

from cli.data.import_file import read_file
from cli.data.listing import as_json, as_table
from cli.data.problems import ImportRefused
from cli.data.session import DataUnavailable, in_transaction, postgres_url
from cli.data.storing import STORE_TIMEOUT_S, store
from cli.settings import home_folder
from cli.system import environment
from parley.records.numbers import normal_number
from parley.records.postgres.admin import Deleted, Table, delete_number, delete_older, list_rows

_DELETE_TIMEOUT_S = 300.0

data = typer.Typer(
    help="Import, list and delete what the agents' tools read and write.", no_args_is_help=True
)
Home = Annotated[Path | None, typer.Option(help="Folder of the running system (PARLEY_HOME).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of rows.")]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only from this time on (UTC)."),
]


@data.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with customers, or YAML with customers and calendars.")],
    country_code: Annotated[str, typer.Option(help="Country code of numbers without one, such as 49.")] = "",
    home: Home = None,
) -> None:
    """Store customers and calendars; those with the same id or name are replaced. All or nothing."""
    try:
        content = read_file(file, country_code.lstrip("+"))
    except ImportRefused as error:
        _fail(str(error))

    _transaction(home, partial(store, content=content), STORE_TIMEOUT_S)
    typer.echo(f"stored {len(content.customers)} customers and {len(content.calendars)} calendars")


def _listed(table: Table, home: Path | None, since: datetime | None, limit: int, *, json: bool) -> None:
    start = (since or datetime(1970, 1, 1)).replace(tzinfo=UTC)  # noqa: DTZ001 - the zone is set here
    rows = _transaction(home, lambda connection: list_rows(connection, table, start, limit))
    if json:
        typer.echo(as_json(rows))
    else:
        as_table(table, rows, Console())


@data.command()
def appointments(
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="Also past ones.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List appointments, by default from today on."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    _listed("appointments", home, since or (None if everything else today), limit, json=as_json)


@data.command()
def messages(since: Since = None, limit: Limit = 100, as_json: AsJson = False, home: Home = None) -> None:
    """List messages, the latest first."""
    _listed("messages", home, since, limit, json=as_json)


@data.command()
def leads(since: Since = None, limit: Limit = 100, as_json: AsJson = False, home: Home = None) -> None:
    """List leads, the latest first."""
    _listed("leads", home, since, limit, json=as_json)


@data.command()
def customers(since: Since = None, limit: Limit = 100, as_json: AsJson = False, home: Home = None) -> None:
    """List customers by their id."""
    _listed("customers", home, since, limit, json=as_json)


@data.command()
def calendars(limit: Limit = 100, as_json: AsJson = False, home: Home = None) -> None:
    """List calendars."""
    _listed("calendars", home, None, limit, json=as_json)


@data.command()
def delete(
    number: Annotated[
        str, typer.Option(help="Erase all records of a person with this telephone number.")
    ] = "",
    older_than_days: Annotated[
        int, typer.Option(min=0, help="Delete appointments, leads, messages and results older than this.")
    ] = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Delete the records of one person, or old ones."""
    if bool(number) == bool(older_than_days):
        _fail("give either --number or --older-than-days")
    if number:
        wanted = normal_number(number)
        if not wanted.startswith("+"):
            _fail(f"--number: {number!r} has no country code: write it like +15550100")
        question = f"Delete all records of {wanted}?"
    else:
        before = datetime.now(UTC) - timedelta(days=older_than_days)
        question = f"Delete all appointments, leads, messages and results before {before:%Y-%m-%d %H:%M} UTC?"
    if not yes:
        typer.confirm(question, abort=True)

    async def erase(connection: asyncpg.Connection) -> Deleted:
        return await (delete_number(connection, wanted) if number else delete_older(connection, before))

    _report(_transaction(home, erase, _DELETE_TIMEOUT_S))


def _report(deleted: Deleted) -> None:
    for table, rows in deleted.rows.items():
        typer.echo(f"{table}: {rows} deleted")
    if deleted.recordings:
        typer.echo("Delete these files yourself:")
        for url in deleted.recordings:
            typer.echo(f"  {url}")
    if "calls" in deleted.rows:
        typer.echo("NATS retains the events of calls for PARLEY_CALLS_STREAM_MAX_AGE_S (30 days by default).")


def _transaction(
    home: Path | None, work: Callable[[asyncpg.Connection], Any], timeout_s: float = 20.0
) -> Any:
    try:
        url = postgres_url(environment(), home_folder(home))
        return in_transaction(url, work, timeout_s)
    except DataUnavailable as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    typer.secho(reason, err=True, fg="red")
    raise typer.Exit(1)
