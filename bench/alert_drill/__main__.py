"""`make alert-drill`: inject faults into a running system until each alert fires, and remove them again."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml
from rich.console import Console

from bench.alert_drill.blows import BLOWS
from bench.alert_drill.drill import Blow, Result, Scene, run_blow
from bench.alert_drill.injections import CALLERS, MAX_CALLS, TOOLS_AGENT
from bench.alert_drill.load import running_load
from bench.alert_drill.monitoring import Alert, monitoring
from bench.alert_drill.report import markdown
from bench.alert_drill.tool import Tool
from bench.chaos.dialogue import MODEL, SCENARIO, TOOL, TRANSCRIBER
from bench.run import run as run_bench
from bench.turns.calls import Emulators
from cli.ports import SERVICES, Size
from cli.system import System, environment, free_ports, running_system
from scripts.alert_rules import read_rules, rule_files
from scripts.deploy_tools import TOOLS, unavailable_reason

_OUT = Path("build/alert-drill.md")
_AGENT = "drill"
_TOOLS_SCENARIO = "drill-tools"
_LOAD = {
    "PARLEY_SANDBOX_STT": "oracle",
    "PARLEY_SANDBOX_TTS": "tone",
    "PARLEY_LOG_LEVEL": "warning",
    "PARLEY_MAX_CALLS": str(MAX_CALLS),
    "PARLEY_STREAM_RESUME_TIMEOUT_S": "3",
    # A drain that takes longer than the alert's shortened duration.
    "PARLEY_DRAIN_TIMEOUT_S": "25",
    "PARLEY_RECORDING_SEGMENT_S": "2",
    "PARLEY_RECORDING_LATENESS_S": "1",
}
_FAST: Mapping[str, Mapping[str, Any]] = {
    "openai": {"scenario": SCENARIO, "first_token_ms": 30, "tokens_per_s": 200},
    "deepgram": {"stt_final_ms": 100},
    "elevenlabs": {"first_byte_ms": 30},
}
"""Emulators that keep the latency budget."""
_SETTLE_S = 20.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make alert-drill", description=__doc__)
    parser.add_argument("--only", default="", help=f"faults: {', '.join(blow.name for blow in BLOWS)}")
    parser.add_argument("--factor", type=float, default=60, help="divide the rules' durations by this (60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the callers' questions (1)")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    parser.add_argument("--keep", type=Path, default=None, help="keep logs and data in this folder")
    return parser.parse_args()


def selected(only: str) -> list[Blow]:
    """The blows with these names, separated by commas; all for an empty text.

    Raises:
        SystemExit: a name is unknown.
    """
    names = {name.strip() for name in only.split(",") if name.strip()}
    if unknown := names - {blow.name for blow in BLOWS}:
        raise SystemExit(f"unknown fault {min(unknown)!r}")
    return [blow for blow in BLOWS if not names or blow.name in names]


def agent(tool_url: str) -> dict[str, object]:
    """Content of the agent file: without fallbacks, so that callers notice a provider's failure."""
    tool = {"name": TOOL, "description": "Changes the calendar.", "url": tool_url, "timeout_s": 1}
    return {
        "tools": ["end_call", tool],
        "greeting": "Hello, how can I help you?",
        "prompt": "You answer the phone of a clinic.",
        "stt": {"model": TRANSCRIBER},
        "llm": {"model": MODEL, "timeout_s": 3},
        "idle": {"timeout_s": 60},
        "fillers": {"phrases": []},
    }


def tools_agent(tool_url: str) -> dict[str, object]:
    """Content of the agent file whose model calls a tool for each question."""
    base = agent(tool_url)
    model = {"model": f"sandbox-{_TOOLS_SCENARIO}", "timeout_s": 3}
    transfer = {"type": "transfer_call", "destinations": {"desk": {"number": "+15550100077"}}}
    tools = ["end_call", {"name": TOOL, "description": "Reads the calendar.", "url": tool_url}]
    return {**base, "llm": model, "tools": [*tools, "send_sms", transfer]}


def scrape_targets(system: System) -> dict[str, str]:
    """Host and port of each service's metrics, by process."""
    return {
        name: urlsplit(process.spec.ready_url).netloc
        for name, process in system.processes.items()
        if name.rstrip("-0123456789") in SERVICES
    }


@asynccontextmanager
async def scene(home: Path, nats_nodes: int, factor: float, seed: int) -> AsyncIterator[Scene]:
    """A system under load with its monitoring."""
    async with AsyncExitStack() as stack:
        tool = Tool()
        agents = home / "agents"
        agents.mkdir(parents=True)
        tool_url = await stack.enter_async_context(tool.served())
        for name, content in ((_AGENT, agent(tool_url)), (TOOLS_AGENT, tools_agent(tool_url))):
            (agents / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(agents), "PARLEY_AGENT": _AGENT}
        # A cluster writes everything three times: one process of each service is enough for it.
        size = Size(copies=2 if nats_nodes == 1 else 1, nats_nodes=nats_nodes)
        system = await stack.enter_async_context(
            running_system(env, free_ports(size), home / "system", size=size)
        )
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10))
        emulators = Emulators(system, client)
        for name, settings in _FAST.items():
            await emulators.configure(name, **settings)
        targets = scrape_targets(system)
        watching = await stack.enter_async_context(
            monitoring(TOOLS / "bin", home / "monitoring", targets, factor)
        )
        load = await stack.enter_async_context(running_load(system, _AGENT, CALLERS, seed))
        yield Scene(system, emulators, watching, load, tool, stack, client, targets)


async def run(args: argparse.Namespace, console: Console) -> list[Result]:
    """Inject all selected faults, one after another."""
    results: list[Result] = []
    blows = selected(args.only)
    for nats_nodes in sorted({blow.nats_nodes for blow in blows}):
        group = [blow for blow in blows if blow.nats_nodes == nats_nodes]
        with tempfile.TemporaryDirectory(prefix="parley-drill-") as folder:
            home = (args.keep or Path(folder)) / f"{nats_nodes}-nats"
            async with scene(home, nats_nodes, args.factor, args.seed) as stage:
                await asyncio.sleep(_SETTLE_S)
                for blow in group:
                    results += await _observed(stage, blow, console)
                if not any(to == "watchdog" for to, _ in stage.monitoring.notifications.received):
                    raise SystemExit("the watchdog's notifications did not arrive")
    return results


async def _observed(stage: Scene, blow: Blow, console: Console) -> list[Result]:
    results = await run_blow(stage, blow)
    for result in results:
        console.print(
            f"{blow.name}: {result.alert.name} {result.alert.severity}: fired {_shown(result.fired_s)},"
            f" notified {result.delivered}, resolved {_shown(result.resolved_s)}"
            f"{', FIRED BEFORE' if result.fired_before else ''}",
            soft_wrap=True,
        )
    others = ", ".join(sorted(f"{alert.name} {alert.severity}" for alert in results[0].others))
    console.print(f"{blow.name}: also fired: {others or 'none'}", soft_wrap=True)
    await asyncio.sleep(_SETTLE_S)
    return results


def _shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.0f} s"


def _all_alerts() -> Sequence[Alert]:
    return [Alert(rule.alert, rule.severity) for rule in read_rules(rule_files()) if rule.alert]


def main() -> int:
    """Run the drill, print and write the table; returns 1 if an alert did not fire or was not resolved."""
    args, console = _arguments(), Console()
    for name in ("prometheus", "alertmanager"):
        if reason := unavailable_reason(name):
            console.print(reason)
            return 2
    if not console.is_terminal:
        console.width = 170
    began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    results = run_bench(run(args, console))
    about = f"{began}: {CALLERS} simultaneous callers, two processes of each service, one NATS server."
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(markdown(results, args.factor, _all_alerts(), about), encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(not all(result.is_complete for result in results))


if __name__ == "__main__":
    sys.exit(main())
