"""The command group `parley agents`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.agents import command
from cli.agents.command import AgentsOptions
from cli.settings import home_folder

app = typer.Typer(help="Check agent files, and apply them to a running system.", no_args_is_help=True)
Home = Annotated[
    Path | None,
    typer.Option(help="Folder of logs, streams, tables and recordings (PARLEY_HOME; default .parley)."),
]
AgentsFolder = Annotated[
    str, typer.Option("--agents", help="Folder of agent files.", envvar="PARLEY_AGENTS_DIR")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AgentName = Annotated[str, typer.Argument(help="Name of the agent.")]
AgentNames = Annotated[list[str] | None, typer.Argument(help="Names or files; by default all of the folder.")]


def _agents(home: Path | None, folder: str, as_json: bool) -> AgentsOptions:
    return AgentsOptions(home_folder(home), folder, as_json, Console())


@app.command("check")
def check_agents(
    names: AgentNames = None,
    *,
    folder: AgentsFolder = "agents",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List all mistakes in agent files, with line and remedy. Exit code 1: a file is wrong."""
    raise typer.Exit(command.check(_agents(home, folder, as_json), names or []))


@app.command("languages")
def agent_languages(name: AgentName, *, folder: AgentsFolder = "agents", as_json: AsJson = False) -> None:
    """List 57 languages with the providers of an agent that support them."""
    raise typer.Exit(command.languages(_agents(None, folder, as_json), name))


@app.command("list")
def list_agents(*, folder: AgentsFolder = "agents", as_json: AsJson = False, home: Home = None) -> None:
    """List all agents with the version that new calls get. Exit code 2: no system can be reached."""
    raise typer.Exit(command.list_agents(_agents(home, folder, as_json)))


@app.command("diff")
def diff_agent(
    name: AgentName, *, folder: AgentsFolder = "agents", as_json: AsJson = False, home: Home = None
) -> None:
    """Show how an agent file differs from the current version. Exit code 3: it differs."""
    raise typer.Exit(command.diff(_agents(home, folder, as_json), name))


@app.command("apply")
def apply_agents(
    names: AgentNames = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change.")] = False,
    folder: AgentsFolder = "agents",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check agent files and make them current: new calls on all machines get them within a second."""
    raise typer.Exit(command.apply(_agents(home, folder, as_json), names or [], dry_run=dry_run))


@app.command("history")
def agent_history(name: AgentName, *, as_json: AsJson = False, home: Home = None) -> None:
    """List the versions of an agent that were current, the newest first."""
    raise typer.Exit(command.history(_agents(home, "", as_json), name))


@app.command("rollback")
def roll_back_agent(
    name: AgentName,
    version: Annotated[str, typer.Argument(help="First digits of a version of `parley agents history`.")],
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Make an earlier version of an agent current."""
    raise typer.Exit(command.roll_back(_agents(home, "", as_json), name, version))


@app.command("remove")
def remove_agent(name: AgentName, *, as_json: AsJson = False, home: Home = None) -> None:
    """Remove the current version of an agent: new calls get the file of each machine again."""
    raise typer.Exit(command.remove(_agents(home, "", as_json), name))
