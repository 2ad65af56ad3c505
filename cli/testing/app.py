"""The command `parley test`, with its options."""

from pathlib import Path
from typing import Annotated

import typer

from cli.settings import home_folder
from cli.testing.against.command import AgainstOptions, run_comparison
from cli.testing.command import run_tests
from cli.testing.from_call.command import ConversionOptions, run_conversion
from cli.testing.run import RunOptions

_REPORTS = "Reports"
_RECORDED = "Recorded calls"


def run_conversation_tests(
    targets: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Agent files (their tests are in tests/NAME beside them), folders, or test files.",
            metavar="AGENT|FOLDER|TEST…",
        ),
    ] = None,
    words: Annotated[
        str, typer.Option("-k", help="Run only tests whose name or description has these words.")
    ] = "",
    concurrency: Annotated[int, typer.Option("-n", min=1, max=32, help="Calls at a time.")] = 8,
    agent: Annotated[
        Path | None, typer.Option(help="Agent file of tests that are not in a folder tests/NAME.")
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Use the real providers whose keys are set, not the tests' scripted models."
        ),
    ] = False,
    timeout_s: Annotated[
        float | None, typer.Option(min=1, max=7200, help="Time limit of one call; by default 90 or more.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="With --live: the model that judges and plays callers.", envvar="PARLEY_TEST_MODEL"
        ),
    ] = "",
    junit: Annotated[
        Path | None, typer.Option(help="Write a JUnit XML report.", rich_help_panel=_REPORTS)
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write an HTML report with each call's time line and recording.", rich_help_panel=_REPORTS
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON.", rich_help_panel=_REPORTS)
    ] = False,
    events: Annotated[
        bool,
        typer.Option("--events", help="Print the events of each call that failed.", rich_help_panel=_REPORTS),
    ] = False,
    from_call: Annotated[
        str,
        typer.Option(
            help="Write a test from this recorded call instead.", metavar="CALLSID", rich_help_panel=_RECORDED
        ),
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option(
            help="With --from-call: folder to write to; by default the agent's tests.",
            rich_help_panel=_RECORDED,
        ),
    ] = None,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="With --from-call: replace telephone and other long numbers.",
            rich_help_panel=_RECORDED,
        ),
    ] = False,
    agents: Annotated[
        Path,
        typer.Option(
            help="With --from-call: folder of agent files.",
            envvar="PARLEY_AGENTS_DIR",
            rich_help_panel=_RECORDED,
        ),
    ] = Path("agents"),
    against: Annotated[
        Path | None,
        typer.Option(
            help="Play recorded calls against this agent file, and show what differs.",
            metavar="AGENT",
            rich_help_panel=_RECORDED,
        ),
    ] = None,
    calls: Annotated[
        list[str] | None,
        typer.Option(
            help="With --against: a recorded call; may be repeated.",
            metavar="CALLSID",
            rich_help_panel=_RECORDED,
        ),
    ] = None,
    last: Annotated[
        int,
        typer.Option(
            min=0, max=200, help="With --against: the last recorded calls.", rich_help_panel=_RECORDED
        ),
    ] = 0,
    home: Annotated[
        Path | None,
        typer.Option(
            help="Use the system that runs in this folder, for the tests or as the source of recorded calls;"
            " by default, tests start their own.",
            rich_help_panel=_RECORDED,
        ),
    ] = None,
) -> None:
    """Run an agent's conversation tests: whole calls with simulated callers, in parallel.

    Starts a system of its own; Twilio is always emulated. Exit code 1: a test failed; 2: none could run.
    docs/testing-agents.md explains the format of a test.

    parley test agents/clinic.yaml --html report.html

    parley test --from-call CALLSID

    parley test --against agents/clinic.yaml --last 20 --live
    """
    if from_call:
        conversion = ConversionOptions(from_call, home_folder(home), agents, to, redact)
        raise typer.Exit(run_conversion(conversion))
    options = RunOptions(
        targets=tuple(targets or ()),
        words=words,
        agent=agent,
        home=None if against else home,
        concurrency=concurrency,
        timeout_s=timeout_s,
        live=live,
        model=model,
        junit=junit,
        html=html,
        as_json=as_json,
        show_events=events,
    )
    if against is not None:
        recorded = AgainstOptions(against, home_folder(home), options, tuple(calls or ()), last)
        raise typer.Exit(run_comparison(recorded))
    if not targets:
        raise typer.BadParameter("name an agent file, a folder or a test, such as agents/clinic.yaml")
    raise typer.Exit(run_tests(options))
