"""Runs the local demo: one call with speech on this machine, and what it took."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.call_log import follow, open_bus
from cli.live_view import LiveView
from cli.local_demo.agent import (
    NotAvailable,
    Server,
    check_packages,
    demo_environment,
    find_server,
    write_agent,
)
from cli.local_demo.caller import (
    NoRecordings,
    Recording,
    caller_script,
    given_recordings,
    packaged_recordings,
)
from cli.local_demo.usage import Usage, between, measure
from cli.log_lines import LogWatch
from cli.ports import SERVICES
from cli.process import ProcessFailed
from cli.providers import PROVIDERS
from cli.recording import path_of
from cli.system import System, environment, free_ports, running_system, wipe
from cli.up import log_text, print_failures
from cli.wer import match_texts
from parley.exception_groups import flatten_group
from sandbox.caller.client import SandboxError, open_telephone
from sandbox.caller.report import Report

_CALL_TIMEOUT_S = 300.0
_MIN_RECOGNIZED = 0.8
_UNUSED = {provider.process for provider in PROVIDERS} - {"twilio", "openai"}


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """The command's options."""

    recordings: tuple[Path, ...] = ()
    """Audio files that the caller plays; none for a human voice from a package."""
    llm_url: str = ""
    llm_model: str = ""


@dataclass(frozen=True, slots=True)
class LocalOutcome:
    """A finished call."""

    live: LiveView
    report: Report
    usage: dict[str, Usage]


async def local_demo(home: Path, console: Console, options: LocalOptions) -> int:
    """Run the demo; returns 0 if everything went as expected."""
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: task and task.cancel())
    watch = LogWatch(lambda line: console.print(log_text(line)) if line.is_error else None)
    code = 1
    try:
        code = await _demo(home, console, options, watch)
    except* (NotAvailable, NoRecordings, SandboxError) as failed:
        console.print(Text(str(flatten_group(failed)[0]), style="red"), soft_wrap=True)
    except* ProcessFailed as failed:
        print_failures(failed, console)
    except* TimeoutError:
        console.print(Text(f"the call did not end within {_CALL_TIMEOUT_S:g} s", style="red"))
    except* asyncio.CancelledError:
        console.print("stopped")
        code = 130
    return code


async def _demo(home: Path, console: Console, options: LocalOptions, watch: LogWatch) -> int:
    check_packages()
    recordings = await _recordings(home, console, options.recordings)
    given = environment()
    server: Server | None = None
    if options.llm_url:
        server = await find_server(options.llm_url, options.llm_model, given.get("OPENAI_API_KEY", ""))
    await asyncio.to_thread(wipe, home)
    agents = await asyncio.to_thread(write_agent, home / "agents", server)
    model = f"{server.model} at {server.url}" if server else "an emulator, which repeats the caller's words"
    with console.status("starting NATS, Postgres, five services and a telephone") as status:
        async with running_system(
            demo_environment(given, agents, server),
            free_ports(),
            home,
            unused=_UNUSED,
            on_line=watch,
            on_step=lambda waiting: status.update(f"starting: waiting for {waiting or 'nothing'}"),
        ) as system:
            status.stop()
            console.print(f"[bold]Whisper[/] transcribes, [bold]Hibari[/] speaks; the model is {model}.\n")
            outcome = await _hold_call(system, console, recordings)
    return _print_outcome(console, outcome, recordings, watch)


async def _recordings(home: Path, console: Console, paths: Sequence[Path]) -> list[Recording]:
    if paths:
        return await asyncio.to_thread(given_recordings, paths)
    with console.status("fetching recordings of a human voice: a Debian package of 20 MB, once"):
        return await asyncio.to_thread(packaged_recordings, home / "human-voice")


async def _hold_call(system: System, console: Console, recordings: Sequence[Recording]) -> LocalOutcome:
    pids = {name: pid for name, pid in system.pids().items() if name in SERVICES}
    live = LiveView()
    async with (
        open_bus(system.topology.env["PARLEY_NATS_URL"]) as bus,
        open_telephone(system.topology.sandbox_urls["twilio"]) as telephone,
    ):
        before = measure(pids)
        call_sid = await telephone.call(caller_script(recordings))
        during = before
        async with asyncio.timeout(_CALL_TIMEOUT_S):
            async for event in follow(bus, call_sid):
                if event.HasField("call_ended"):
                    during = measure(pids)
                for line in live.lines(event):
                    console.print(line, soft_wrap=True)
        return LocalOutcome(live, await telephone.report(call_sid), between(before, during))


def _print_outcome(
    console: Console, outcome: LocalOutcome, recordings: Sequence[Recording], watch: LogWatch
) -> int:
    turns = outcome.live.latencies.turns
    transcribed = " ".join(turn.caller_text for turn in turns)
    problems = [f"{line.process}: {line.text}" for line in watch.errors]
    if outcome.report.outcome != "completed":
        problems.append(f"the call ended as {outcome.report.outcome!r}")
    if not transcribed:
        problems.append("no words were recognized")
    table = Table(show_header=False, box=None)
    if all(recording.text for recording in recordings):
        match = match_texts(" ".join(recording.text for recording in recordings), transcribed)
        table.add_row("recognized", f"{match.found} of the caller's {match.expected} words")
        if match.fraction < _MIN_RECOGNIZED:
            problems.append(f"only {match.fraction:.0%} of the caller's words were recognized")
    gaps = [response.gap_ms for response in outcome.report.responses if response.gap_ms is not None]
    waits = ", ".join(f"{gap:.0f}" for gap in gaps)
    table.add_row("time to answer", f"{waits} ms per turn, measured on the line")
    call_s = max(outcome.live.duration_ms / 1000, 1e-3)
    for name, usage in outcome.usage.items():
        share = f"{usage.cpu_s:.1f} s of a core, {usage.cpu_s / call_s:.0%} of the call"
        table.add_row(name, f"{share}; {usage.memory_mb:.0f} MB")
    console.print()
    console.print(table)
    if outcome.live.recording_url.startswith("file:"):
        recording_path = path_of(outcome.live.recording_url)
        console.print(f" recording   {recording_path}", soft_wrap=True)
        console.print(f" transcript  {recording_path.removesuffix('.wav')}.txt", soft_wrap=True)
    for problem in problems:
        console.print(Text(problem, style="red"))
    if not problems:
        console.print(
            "\nNext: your own voice with [bold]--wav FILE[/], your own model with [bold]--llm-url[/]."
        )
    return int(bool(problems))
