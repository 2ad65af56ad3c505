"""`parley call`: simulated callers against a running system; checks that each call's words are its own."""

import asyncio
import json
import socket
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from cli.call_log import follow, open_bus
from cli.live_view import LiveView
from cli.settings import CliSettings
from cli.wer import match_texts, normalize
from parley.bus import Bus
from parley.errors import BusError
from parley.latency.turn import TurnLatency
from parley.settings import load
from sandbox.caller.caller_pool import PoolCaller, caller_pool
from sandbox.caller.client import SandboxError, Telephone, open_telephone
from sandbox.caller.report import Report
from sandbox.caller.script import Say, Script
from sandbox.caller.script_fields import ScriptError
from sandbox.caller.script_parser import parse_yaml

_CALL_TIMEOUT_S = 300.0
_MIN_RECOGNIZED = 0.7
_CALL_SPACING_S = 0.31


class SystemNotRunning(Exception):
    """No system is running; the message explains how to start one."""


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """Addresses of a running system."""

    nats_url: str
    telephone_url: str
    edge_url: str = ""


@dataclass(slots=True)
class CallResult:
    """The outcome of one call."""

    caller: str
    call_sid: str = ""
    turns: int = 0
    answered: int = 0
    duration_ms: int = 0
    gaps_ms: list[float] = field(default_factory=list)
    """From the end of the caller's speech to the agent's first audio, both measured on the line."""
    turns_latency: tuple[TurnLatency, ...] = ()
    problems: list[str] = field(default_factory=list)


def nats_url_of(home: Path) -> str:
    """NATS address of the running system; without one, that of PARLEY_NATS_URL.

    Raises:
        SystemNotRunning: no system is running, and PARLEY_NATS_URL is not set.
    """
    try:
        return str(environment_of(home)["PARLEY_NATS_URL"])
    except SystemNotRunning:
        if address := load(CliSettings).nats_url:
            return address
        raise


def environment_of(home: Path) -> dict[str, str]:
    """The environment of the running system's processes, without real credentials.

    Raises:
        SystemNotRunning: no system is running.
    """
    return dict(_read_state(home)["environment"])


def _read_state(home: Path) -> dict[str, Any]:
    path = home / "system.json"
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        raise SystemNotRunning(
            f"no system is running ({path} does not exist): start one with `parley up`"
        ) from None


def is_running(home: Path) -> bool:
    """Whether the system that last ran in this folder is still running: its edge accepts connections.

    Its NATS server may run independently of it.
    """
    try:
        address = urlsplit(_read_state(home)["edge_url"])
    except (SystemNotRunning, KeyError):
        return False
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex((address.hostname or "", address.port or 80)) == 0


def find_system(home: Path) -> RunningSystem:
    """Read the addresses that `parley up` wrote.

    Raises:
        SystemNotRunning: no system is running, or it has no simulated telephone network.
    """
    state = _read_state(home)
    telephone = state["sandbox_urls"].get("twilio")
    if not telephone:
        raise SystemNotRunning(
            "this system uses the real Twilio: call its number, or POST /calls to be called"
        )
    return RunningSystem(state["environment"]["PARLEY_NATS_URL"], telephone, state["edge_url"])


async def one_call(home: Path, script_path: Path | None, console: Console) -> int:
    """Make one call and print it live; returns 0 if every turn was answered."""
    try:
        system = find_system(home)
        script = read_script(script_path)
        async with open_bus(system.nats_url) as bus, open_telephone(system.telephone_url) as telephone:
            live = LiveView()
            call_sid = await telephone.call(script)
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                async for event in follow(bus, call_sid):
                    for line in live.lines(event):
                        console.print(line, soft_wrap=True)
            report = await telephone.report(call_sid)
    except (SystemNotRunning, SandboxError, BusError, ScriptError, OSError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    except TimeoutError:
        console.print(Text(f"the call did not end within {_CALL_TIMEOUT_S:g} s", style="red"))
        return 1
    result = CallResult("", call_sid)
    check_answers(report, result)
    for problem in result.problems:
        console.print(Text(problem, style="red"))
    return int(bool(result.problems))


def read_script(path: Path | None) -> Script:
    """A caller's script from a file; by default that of the demo."""
    if path is None:
        path = Path(__file__).parent.parent / "sandbox" / "caller" / "scripts" / "clinic.yaml"
    return parse_yaml(path.read_text("utf-8"), str(path))


async def many_calls(home: Path, concurrency: int, console: Console) -> int:
    """Make simultaneous calls with distinct words; returns 0 if no call was crossed or left unanswered."""
    try:
        system = find_system(home)
        callers = caller_pool(concurrency)
        with Progress(console=console) as progress:
            bar = progress.add_task("calls", total=concurrency)
            results = await call_all(system, callers, lambda: progress.advance(bar))
    except (SystemNotRunning, BusError, ValueError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print(summary(results))
    for result in results:
        for problem in result.problems:
            console.print(Text(f"{result.caller} ({result.call_sid}): {problem}", style="red"))
    return int(any(result.problems for result in results))


async def call_all(
    system: RunningSystem, callers: Sequence[PoolCaller], done: Any = lambda: None
) -> list[CallResult]:
    """Make all calls at once."""
    async with open_bus(system.nats_url) as bus, open_telephone(system.telephone_url) as telephone:

        async def call(number: int, caller: PoolCaller) -> CallResult:
            # Staggered: otherwise all callers would speak and pause at the same moments.
            await asyncio.sleep(number * _CALL_SPACING_S)
            result = await _call_and_check(bus, telephone, caller, callers)
            done()
            return result

        return await asyncio.gather(*(call(number, caller) for number, caller in enumerate(callers)))


async def _call_and_check(
    bus: Bus, telephone: Telephone, caller: PoolCaller, callers: Sequence[PoolCaller]
) -> CallResult:
    result = CallResult(caller.name)
    live = LiveView()
    try:
        result.call_sid = await telephone.call(caller.script)
        async with asyncio.timeout(_CALL_TIMEOUT_S):
            async for event in follow(bus, result.call_sid):
                live.lines(event)
        report = await telephone.report(result.call_sid)
    except TimeoutError:
        result.problems.append(f"did not end within {_CALL_TIMEOUT_S:g} s")
        return result
    except SandboxError as error:
        result.problems.append(str(error))
        return result
    result.duration_ms = live.duration_ms
    result.turns_latency = live.latencies.turns
    check_answers(report, result)
    check_words(live, caller, callers, result)
    return result


def check_answers(report: Report, result: CallResult) -> None:
    """Report unanswered turns, and a call that did not end as scripted."""
    result.turns = len(report.responses)
    result.gaps_ms = [r.gap_ms for r in report.responses if r.gap_ms is not None]
    result.answered = len(result.gaps_ms)
    result.problems += [f"not answered: {r.after!r}" for r in report.responses if r.gap_ms is None]
    if report.outcome != "completed":
        result.problems.append(f"ended as {report.outcome!r}")
    result.problems += report.warnings


def check_words(
    live: LiveView, caller: PoolCaller, callers: Sequence[PoolCaller], result: CallResult
) -> None:
    """Report words that were not transcribed or answered, and words of other callers."""
    turns = live.latencies.turns
    transcript = " ".join(turn.caller_text for turn in turns)
    spoken = " ".join(turn.agent_text for turn in turns)
    scripted = " ".join(step.text for step in caller.script.steps if isinstance(step, Say))
    match = match_texts(scripted, transcript)
    if match.fraction < _MIN_RECOGNIZED:
        result.problems.append(f"only {match.fraction:.0%} of its words were transcribed: {transcript!r}")
    for kind, expected in (("name", caller.name), ("number", caller.number)):
        if expected not in " ".join(normalize(transcript)):
            result.problems.append(f"its {kind} {expected!r} was not transcribed: {transcript!r}")
        elif expected not in " ".join(normalize(spoken)):
            result.problems.append(f"its {kind} {expected!r} was not in an answer: {spoken!r}")
    others = [other for other in callers if other is not caller]
    both = " ".join(normalize(f"{transcript} {spoken}"))
    crossed = [o.name for o in others if o.name in both] + [o.number for o in others if o.number in both]
    result.problems += [f"crossed with another call: {words!r}" for words in crossed]


def summary(results: Sequence[CallResult]) -> Table:
    """A table that summarizes all calls."""
    gaps = sorted(gap for result in results for gap in result.gaps_ms)
    table = Table(show_header=False, box=None)
    table.add_row("calls", str(len(results)))
    table.add_row("turns answered", f"{sum(r.answered for r in results)} of {sum(r.turns for r in results)}")
    if gaps:
        p95 = gaps[min(len(gaps) - 1, int(len(gaps) * 0.95))]
        table.add_row("time to answer", f"p50 {statistics.median(gaps):.0f} ms, p95 {p95:.0f} ms")
    table.add_row("problems", str(sum(len(result.problems) for result in results)))
    return table
