"""`parley`: up, demo, call, turns, replay, drill, doctor."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import doctor as doctors
from cli.calls import many_calls, one_call
from cli.demo import demo as hold_demo
from cli.drill import edge_drop as hold_edge_drop
from cli.plan import Size
from cli.replay import run_replay
from cli.settings import DeskSettings
from cli.system import environment
from cli.turns import show_turns
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
    copies: Annotated[
        int, typer.Option(min=1, max=9, help="Processes of each service: kill one and the calls go on.")
    ] = 1,
    nats_nodes: Annotated[
        int, typer.Option(min=1, max=5, help="Servers of the bus; 3 keep each stream three times.")
    ] = 1,
) -> None:
    """Run the whole system on this machine until Ctrl-C; the sandbox stands in for vendors without a key."""
    raise typer.Exit(
        asyncio.run(bring_up(_home(home), Console(), any_ports=any_ports, size=Size(copies, nats_nodes)))
    )


@app.command()
def demo(home: Home = None) -> None:
    """Hear a call: start all, hold one conversation, show where recording and transcript lie, stop all."""
    folder = _home(home) / "demo" if home is None else home
    raise typer.Exit(asyncio.run(hold_demo(folder, Console())))


@app.command()
def call(
    home: Home = None,
    concurrency: Annotated[int, typer.Option(min=1, max=24, help="Callers at once.")] = 1,
    script: Annotated[
        Path | None, typer.Option(help="What the caller does (YAML); the demo's caller without.")
    ] = None,
) -> None:
    """Call a running system: one simulated caller to follow, or many, each with words of its own."""
    if concurrency == 1:
        raise typer.Exit(asyncio.run(one_call(_home(home), script, Console())))
    raise typer.Exit(asyncio.run(many_calls(_home(home), concurrency, Console())))


@app.command()
def turns(
    call_sid: Annotated[str, typer.Argument(help="The call, as `parley call` and the log name it.")],
    home: Home = None,
) -> None:
    """Draw where each turn's milliseconds went in a call of the running system."""
    raise typer.Exit(asyncio.run(show_turns(_home(home), call_sid, Console())))


@app.command()
def replay(
    call_sid: Annotated[str, typer.Argument(help="The call, as `parley call` and the log name it.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only where today's code would act otherwise.")
    ] = False,
    fork: Annotated[int, typer.Option(min=0, help="Go on from this turn with another agent file.")] = 0,
    agent: Annotated[str, typer.Option(help="Agent file's name; the call's own without.")] = "",
    agents: Annotated[
        str, typer.Option(help="Folder of agent files.", envvar="PARLEY_AGENTS_DIR")
    ] = "agents",
    home: Home = None,
) -> None:
    """Fold a call's log again, step by step, with what each stage knew."""
    told = run_replay(_home(home), call_sid, check=check, fork_from=fork, agents=agents, agent=agent)
    raise typer.Exit(told)


drill = typer.Typer(help="Break something on purpose in a running system, and watch.", no_args_is_help=True)
app.add_typer(drill, name="drill")


@drill.command("edge-drop")
def edge_drop(
    call_sid: Annotated[str, typer.Argument(help="The call; without, the last that is on.")] = "",
    home: Home = None,
) -> None:
    """Kill the edge under a live call, and tell how the call comes back; `parley up --copies 2` first."""
    raise typer.Exit(asyncio.run(hold_edge_drop(_home(home), call_sid, Console())))


@app.command()
def doctor() -> None:
    """Tell what is configured, what is missing, and what that means."""
    raise typer.Exit(doctors.doctor(environment(), Console()))


if __name__ == "__main__":
    app()
