"""`parley demo`: run the whole system, make one call, and check its recording and transcript."""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.call_log import follow, open_bus
from cli.live_view import LiveView
from cli.log_lines import LogWatch
from cli.process import ProcessFailed
from cli.recording import RecordingCheck, check_recording, path_of
from cli.system import System, environment, free_ports, running_system, wipe
from cli.up import log_text, print_failures
from cli.wer import match_texts
from parley.exception_groups import flatten_group
from sandbox.caller.client import SandboxError, open_telephone
from sandbox.caller.report import Report
from sandbox.caller.script import Say, Script
from sandbox.caller.script_parser import parse_yaml

_CALL_TIMEOUT_S = 180.0
_MIN_TURNS = 4
_MIN_RECOGNIZED = 0.8
"""Fraction of the caller's words that the transcript must contain."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished call."""

    live: LiveView
    report: Report
    script: Script


async def demo(home: Path, console: Console) -> int:
    """Run the demo; returns 0 if everything went as expected."""
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: task and task.cancel())
    watch = LogWatch(lambda line: console.print(log_text(line)) if line.is_error else None)
    code = 1
    try:
        code = await _demo(home, console, watch)
    except* ProcessFailed as failed:
        print_failures(failed, console)
    except* SandboxError as failed:
        console.print(Text(str(flatten_group(failed)[0]), style="red"))
    except* asyncio.CancelledError:
        console.print("stopped")
        code = 130
    return code


async def _demo(home: Path, console: Console, watch: LogWatch) -> int:
    await asyncio.to_thread(wipe, home)
    script = parse_yaml((files("sandbox.caller.scripts") / "clinic.yaml").read_text("utf-8"), "clinic.yaml")
    with console.status("starting NATS, Postgres, five services and the sandbox") as status:
        async with running_system(
            _without_provider_keys(environment()),
            free_ports(),
            home,
            on_line=watch,
            on_step=lambda waiting: status.update(f"starting: waiting for {waiting or 'nothing'}"),
        ) as system:
            status.stop()
            console.print(
                "[bold]A caller rings the Riverside clinic.[/] Both sides are synthesized and transcribed.\n"
            )
            outcome = await _hold_call(system, console, script)
            console.print()
            status.update("transcribing the recording")
            status.start()
            check = await _check(outcome)
            status.stop()
    return _print_outcome(console, outcome, check, watch)


def _without_provider_keys(given: Mapping[str, str]) -> dict[str, str]:
    """The demo's caller is simulated, so Twilio is emulated; other providers are real if they have a key."""
    return {name: value for name, value in given.items() if not name.startswith(("TWILIO_", "PARLEY_TWILIO"))}


async def _hold_call(system: System, console: Console, script: Script) -> Outcome:
    live = LiveView()
    async with (
        open_bus(system.topology.env["PARLEY_NATS_URL"]) as bus,
        open_telephone(system.topology.sandbox_urls["twilio"]) as telephone,
    ):
        call_sid = await telephone.call(script)
        async with asyncio.timeout(_CALL_TIMEOUT_S):
            async for event in follow(bus, call_sid):
                for line in live.lines(event):
                    console.print(line, soft_wrap=True)
        return Outcome(live, await telephone.report(call_sid), script)


async def _check(outcome: Outcome) -> RecordingCheck | None:
    if not outcome.live.recording_url.startswith("file:"):
        return None
    return await check_recording(outcome.live.recording_url)


def _print_outcome(console: Console, outcome: Outcome, check: RecordingCheck | None, watch: LogWatch) -> int:
    turns = outcome.live.latencies.turns
    scripted = [step.text for step in outcome.script.steps if isinstance(step, Say)]
    recognised = match_texts(" ".join(scripted), " ".join(turn.caller_text for turn in turns))
    answered = [response for response in outcome.report.responses if response.gap_ms is not None]
    problems = [f"{line.process}: {line.text}" for line in watch.errors]
    if outcome.report.outcome != "completed":
        problems.append(f"the call ended as {outcome.report.outcome!r}")
    if len(turns) < _MIN_TURNS:
        problems.append(f"only {len(turns)} of {_MIN_TURNS} turns were transcribed")
    if recognised.fraction < _MIN_RECOGNIZED:
        problems.append(f"only {recognised.fraction:.0%} of the caller's words were recognised")
    if check is not None:
        problems += check.problems
    table = Table(show_header=False, box=None)
    table.add_row("recognised", f"{recognised.found} of the caller's {recognised.expected} words")
    waits = ", ".join(f"{response.gap_ms:.0f}" for response in answered)
    table.add_row("time to answer", f"{waits} ms per turn, measured on the line")
    if check is not None:
        table.add_row("recording", str(check))
    console.print(table)
    recording = path_of(outcome.live.recording_url)
    console.print(f" recording   {recording}", soft_wrap=True)
    console.print(f" transcript  {recording.removesuffix('.wav')}.txt", soft_wrap=True)
    for problem in problems:
        console.print(Text(problem, style="red"))
    if not problems:
        console.print("\nNext: [bold]parley up[/], then [bold]parley call[/] as often as you like.")
    return int(bool(problems))
