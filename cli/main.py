"""`parley`: up, demo, call, doctor."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import doctor as doctors
from cli.settings import DeskSettings
from cli.system import environment
from cli.up import up as bring_up

app = typer.Typer(
    name="parley",
    help="Phone calls answered and placed by an AI agent. `parley demo` lets you hear one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Home = Annotated[
    Path | None,
    typer.Option(help="Folder of logs, streams, tables and recordings (PARLEY_HOME; default .parley)."),
]


def _home(given: Path | None) -> Path:
    return given or DeskSettings().home


@app.command()
def up(
    home: Home = None,
    any_ports: Annotated[bool, typer.Option("--any-ports", help="Take whatever ports are free.")] = False,
) -> None:
    """Run the whole system on this machine until Ctrl-C; the sandbox stands in for vendors without a key."""
    raise typer.Exit(asyncio.run(bring_up(_home(home), Console(), any_ports=any_ports)))


@app.command()
def doctor() -> None:
    """Tell what is configured, what is missing, and what that means."""
    raise typer.Exit(doctors.doctor(environment(), Console()))


if __name__ == "__main__":
    app()
