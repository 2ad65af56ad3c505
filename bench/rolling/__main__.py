"""`make rolling`: restart each stage during calls, as the Helm chart does it; report what callers noticed."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import yaml
from rich.console import Console

from bench.chaos.booking_service import BookingService
from bench.chaos.dialogue import SCENARIO, agent, script
from bench.chaos.evaluation import evaluate
from bench.rolling.chart import STAGES
from bench.rolling.restart import Fleet, restart
from bench.rolling.result import Round, add_pauses, table
from bench.run import run as run_bench
from bench.turns.calls import Emulators, place_calls
from cli.log_lines import LogWatch
from cli.ports import Size
from cli.system import System, environment, free_ports, running_system

_OUT = Path("build/rolling.json")
_VALUES = Path(__file__).parents[2] / "deploy" / "helm" / "parley" / "values.yaml"
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_SETTLE_S = 3.0
_CONNECT_TIMEOUT_S = 20.0
_NONE, _ALL = "none", "all"
_ROUNDS = (_NONE, *STAGES, _ALL)
"""A control round, each stage alone, and all at the same time as `helm upgrade` restarts them."""


def _arguments() -> argparse.Namespace:
    values = yaml.safe_load(_VALUES.read_text(encoding="utf-8"))
    drain_s = float(values["drainTimeoutSeconds"])
    parser = argparse.ArgumentParser(prog="make rolling", description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="simultaneous calls (20)")
    parser.add_argument("--questions", type=int, default=5, help="questions per caller (5)")
    parser.add_argument("--copies", type=int, default=2, help="processes of each service (2)")
    parser.add_argument(
        "--drain",
        type=float,
        default=drain_s,
        help=f"drain time, s (drainTimeoutSeconds of the chart: {drain_s:g})",
    )
    parser.add_argument("--only", default="", help=f"rounds, of {','.join(_ROUNDS)}; default: all of them")
    parser.add_argument(
        "--seed", type=int, default=None, help="seed of the callers' questions; default: random"
    )
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    args = parser.parse_args()
    args.only = [name.strip() for name in args.only.split(",") if name.strip()]
    if unknown := sorted(set(args.only) - set(_ROUNDS)):
        parser.error(f"unknown round {unknown[0]!r}; choose from: {', '.join(_ROUNDS)}")
    return args


async def _run(args: argparse.Namespace, console: Console) -> list[Round]:
    watch, chance, rounds = LogWatch(), random.Random(args.seed), []
    with tempfile.TemporaryDirectory(prefix="parley-rolling-") as folder:
        home, size, service = Path(folder), Size(copies=args.copies), BookingService()
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        env["PARLEY_DRAIN_TIMEOUT_S"] = f"{args.drain:g}"
        async with (
            service.served() as service_url,
            running_system(env, free_ports(size), home, size=size, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
            asyncio.TaskGroup() as tasks,
        ):
            (home / "agents").mkdir()
            (home / "agents" / "chaos.yaml").write_text(yaml.safe_dump(agent(service_url)), encoding="utf-8")
            await Emulators(system, client).configure("openai", scenario=SCENARIO)
            fleet = Fleet(system, tasks, client, watch)
            try:
                for name in args.only or _ROUNDS:
                    with console.status(name):
                        rounds.append(await _round(system, fleet, service, name, args, chance))
                    console.print(f"{name}: {json.dumps(rounds[-1].figures)}", soft_wrap=True)
                    await asyncio.sleep(_SETTLE_S)
            finally:
                await fleet.stop()
    return rounds


async def _round(
    system: System,
    fleet: Fleet,
    service: BookingService,
    name: str,
    args: argparse.Namespace,
    chance: random.Random,
) -> Round:
    result = Round(name)
    stages = {_NONE: (), _ALL: STAGES}.get(name, (name,))
    scripts = [script(args.questions, chance) for _ in range(args.calls)]
    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(place_calls(system, "chaos", scripts, args.calls))
        await _in_progress(fleet, args.calls)
        await restart(fleet, stages, args.drain, result.restarts)
        calls, result.problems = await calling
    evaluate(calls, (), result.losses, service.effects)
    result.losses.calls_dropped += args.calls - len(calls)
    add_pauses(calls, result)
    return result


async def _in_progress(fleet: Fleet, calls: int) -> None:
    """Wait until all callers are connected, or those that could be."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            while await fleet.calls() < calls:  # noqa: ASYNC110 - the state of other processes
                await asyncio.sleep(0.2)


def main() -> int:
    """Run the rounds, print and write the results; returns 1 if anything was lost."""
    args, console = _arguments(), Console()
    if not console.is_terminal:
        console.width = 150
    if args.seed is None:
        args.seed = time.time_ns() % 100_000
    console.print(f"seed {args.seed}, drain time {args.drain:g} s")
    rounds = run_bench(_run(args, console))
    console.print(table(rounds))
    for round_ in rounds:
        for note in (*round_.problems, *round_.losses.notes):
            console.print(f"[red]{round_.name}[/]: ", note, soft_wrap=True)
    args.out.parent.mkdir(exist_ok=True)
    figures = {"seed": args.seed, "drain_s": args.drain, "rounds": {r.name: r.figures for r in rounds}}
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(any(round_.failed for round_ in rounds))


if __name__ == "__main__":
    sys.exit(main())
