"""The command line `parley`; `parley --help` lists its commands."""

import asyncio
import shlex
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.agents.app import app as agents_app
from cli.calls import SystemNotRunning, environment_of, many_calls, one_call
from cli.data.command import data as data_commands
from cli.demo import demo as hold_demo
from cli.doctor.command import DoctorOptions
from cli.doctor.command import doctor as run_doctor
from cli.fault import edge_drop as hold_edge_drop
from cli.knowledge.app import app as knowledge
from cli.latency import show_latency
from cli.local_demo.command import LocalOptions, local_demo
from cli.number import Attachment, attach, list_numbers
from cli.ports import Size
from cli.replay import run_replay
from cli.sandbox import sandbox as run_sandbox
from cli.settings import CliSettings, home_folder
from cli.system import environment
from cli.testing.app import run_conversation_tests
from cli.up import up as bring_up
from parley.settings import load

app = typer.Typer(
    name="parley",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Home = Annotated[
    Path | None,
    typer.Option(help="Folder of logs, streams, tables and recordings (PARLEY_HOME; default .parley)."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"parley {version('parley')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Phone calls answered and placed by an AI agent. `parley demo` runs one."""


@app.command()
def up(
    home: Home = None,
    any_ports: Annotated[bool, typer.Option("--any-ports", help="Use any free ports.")] = False,
    copies: Annotated[
        int,
        typer.Option(min=1, max=9, help="Processes of each service; with 2 or more, calls survive a kill."),
    ] = 1,
    nats_nodes: Annotated[
        int, typer.Option(min=1, max=5, help="NATS servers; 3 keep three copies of each stream.")
    ] = 1,
) -> None:
    """Run the whole system on this machine until Ctrl-C; the sandbox replaces providers without a key."""
    raise typer.Exit(
        asyncio.run(
            bring_up(home_folder(home), Console(), any_ports=any_ports, size=Size(copies, nats_nodes))
        )
    )


@app.command()
def demo(
    home: Home = None,
    local: Annotated[
        bool,
        typer.Option("--local", help="Recognize and synthesize speech on this machine; a person calls."),
    ] = False,
    wav: Annotated[
        list[Path] | None,
        typer.Option(help="With --local: an audio file that the caller plays; may be given several times."),
    ] = None,
    llm_url: Annotated[
        str, typer.Option(help="With --local: a server with OpenAI's protocol, as http://localhost:8000/v1.")
    ] = "",
    llm_model: Annotated[
        str, typer.Option(help="With --llm-url: the model; by default the first one that the server lists.")
    ] = "",
) -> None:
    """Start the system, run one call, print where its recording and transcript are, and stop the system."""
    if not local and (wav or llm_url or llm_model):
        raise typer.BadParameter("--wav, --llm-url and --llm-model need --local")
    if llm_model and not llm_url:
        raise typer.BadParameter("--llm-model needs --llm-url")
    folder = home_folder(home) / "demo" if home is None else home
    if local:
        options = LocalOptions(tuple(wav or ()), llm_url, llm_model)
        raise typer.Exit(asyncio.run(local_demo(folder, Console(), options)))
    raise typer.Exit(asyncio.run(hold_demo(folder, Console())))


@app.command()
def call(
    home: Home = None,
    concurrency: Annotated[int, typer.Option(min=1, max=24, help="Number of simultaneous callers.")] = 1,
    script: Annotated[
        Path | None, typer.Option(help="Script of the caller (YAML); by default that of the demo.")
    ] = None,
) -> None:
    """Call a running system with one simulated caller, shown live, or with many at once."""
    if concurrency == 1:
        raise typer.Exit(asyncio.run(one_call(home_folder(home), script, Console())))
    raise typer.Exit(asyncio.run(many_calls(home_folder(home), concurrency, Console())))


@app.command("sandbox")
def sandbox(
    voice_url: Annotated[str, typer.Option(help="Voice webhook of the agent that is called.")] = "",
    call: Annotated[
        bool, typer.Option("--call", help="Call the agent once and report each turn, then stop.")
    ] = False,
    script: Annotated[
        Path | None, typer.Option(help="Script of the caller (YAML); by default that of the demo.")
    ] = None,
    any_ports: Annotated[bool, typer.Option("--any-ports", help="Use any free ports.")] = False,
    home: Home = None,
) -> None:
    """Run only the emulators of Twilio and the providers, for an agent built with another framework."""
    if call and not voice_url:
        raise typer.BadParameter("--call needs --voice-url, the webhook of the agent to call")
    folder = home_folder(home) / "sandbox" if home is None else home
    coroutine = run_sandbox(
        folder, Console(), voice_url=voice_url, call=call, script=script, any_ports=any_ports
    )
    raise typer.Exit(asyncio.run(coroutine))


@app.command("latency")
def latency(
    call_sid: Annotated[str, typer.Argument(help="CallSid, as printed by `parley call` and in logs.")],
    home: Home = None,
    traces: Annotated[
        bool, typer.Option("--traces", help="Also print each turn's trace (a link with PARLEY_TRACE_URL).")
    ] = False,
) -> None:
    """Show the latency of each turn of a call, by stage."""
    trace_url = load(CliSettings).trace_url if traces else None
    raise typer.Exit(asyncio.run(show_latency(home_folder(home), call_sid, Console(), trace_url=trace_url)))


@app.command()
def replay(
    call_sid: Annotated[str, typer.Argument(help="CallSid, as printed by `parley call` and in logs.")],
    check: Annotated[
        bool, typer.Option("--check", help="Show only decisions that today's code would make differently.")
    ] = False,
    fork: Annotated[int, typer.Option(min=0, help="Continue from this turn with another agent file.")] = 0,
    agent: Annotated[
        str, typer.Option(help="Name of an agent file; by default the call's agent in its version.")
    ] = "",
    agents: Annotated[
        str, typer.Option(help="Folder of agent files.", envvar="PARLEY_AGENTS_DIR")
    ] = "agents",
    home: Home = None,
) -> None:
    """Replay a call's log step by step, with the state of each stage."""
    code = run_replay(home_folder(home), call_sid, check=check, fork_from=fork, agents=agents, agent=agent)
    raise typer.Exit(code)


@app.command("env")
def env(home: Home = None) -> None:
    """Print the environment of the running system as `export` lines, without real API keys."""
    try:
        variables = environment_of(home_folder(home))
    except SystemNotRunning as error:
        Console(stderr=True).print(str(error), style="red")
        raise typer.Exit(1) from None
    for name, value in sorted(variables.items()):
        print(f"export {name}={shlex.quote(value)}")


app.command("test", no_args_is_help=True)(run_conversation_tests)
app.add_typer(agents_app, name="agents")

fault = typer.Typer(
    help="Inject a fault into a running system and observe the recovery.", no_args_is_help=True
)
app.add_typer(fault, name="fault")
app.add_typer(data_commands, name="data")


@fault.command("edge-drop")
def edge_drop(
    call_sid: Annotated[
        str, typer.Argument(help="CallSid; by default that of the latest call in progress.")
    ] = "",
    home: Home = None,
) -> None:
    """Kill the edge of a live call and report how the call resumes. Needs `parley up --copies 2`."""
    raise typer.Exit(asyncio.run(hold_edge_drop(home_folder(home), call_sid, Console())))


number = typer.Typer(help="List the Twilio account's numbers, and attach one.", no_args_is_help=True)
app.add_typer(number, name="number")
app.add_typer(knowledge, name="knowledge")


@number.command("list")
def number_list() -> None:
    """List the account's numbers, where their calls go, and whether this is this system."""
    raise typer.Exit(asyncio.run(list_numbers(environment(), Console())))


@number.command("attach")
def number_attach(
    phone_number: Annotated[str, typer.Argument(help="The number, as in +15550100000.", metavar="NUMBER")],
    agent: Annotated[
        str, typer.Option(help="Agent file that answers its calls; by default PARLEY_AGENT.")
    ] = "",
    url: Annotated[str, typer.Option(help="Public https address; by default PARLEY_PUBLIC_URL.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False,
) -> None:
    """Set a number's webhooks so that this system answers its calls; prints before and after."""
    wanted = Attachment(phone_number, agent, url, dry_run)
    raise typer.Exit(asyncio.run(attach(environment(), wanted, Console())))


@app.command()
def doctor(
    agent: Annotated[str, typer.Option(help="Name of the agent file; by default PARLEY_AGENT.")] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="Check variables, files and programs only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    only: Annotated[
        str, typer.Option(help="Send the requests of one section only, such as openai or twilio.")
    ] = "",
    home: Home = None,
) -> None:
    """Check everything that a call needs, with the agent's own requests to each provider (about 20 s).

    Requests go only to providers with a key or an address. Exit code 1: a call would fail.
    """
    options = DoctorOptions(home_folder(home), agent, offline, as_json, only)
    raise typer.Exit(run_doctor(environment(), options, Console()))


if __name__ == "__main__":
    app()
