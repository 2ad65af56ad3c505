"""`make chaos`: kill, freeze and stop every kind of process during calls; report what was lost."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import yaml
from rich.console import Console

from bench.chaos.booking_service import BookingService
from bench.chaos.dialogue import MODEL, SCENARIO, TRANSCRIBER, agent, script
from bench.chaos.effect_calls import EffectRound
from bench.chaos.effect_rounds import STAGES, effect_rounds, effects_table, figures_of
from bench.chaos.evaluation import evaluate
from bench.chaos.fault_injection import inject_faults
from bench.chaos.recordings import recorded_s_lost
from bench.chaos.result import Round, table
from bench.chaos.targets import Target, targets_of
from bench.run import run as run_bench
from bench.turns.calls import Call, Emulators, place_calls
from cli.log_lines import LogWatch
from cli.ports import Size
from cli.system import System, environment, free_ports, running_system
from parley.agent_config.realtime import Mode
from sandbox.caller.client import open_telephone

_OUT = Path("build/chaos.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_EFFECT_ROUNDS = {f"{stage} effects": stage for stage in STAGES}
"""Rounds in which processes are killed while agents act outside of their calls."""
_DRAIN_S = "8"
_SETTLE_S = 3.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="simultaneous calls (20)")
    parser.add_argument("--faults", type=int, default=6, help="faults per target (6)")
    parser.add_argument(
        "--questions", type=int, default=5, help="questions per caller; determines the length of calls (5)"
    )
    parser.add_argument(
        "--mode",
        choices=("cascade", "realtime"),
        default="cascade",
        help="mode of the agent that answers; rounds that count effects have a cascade (cascade)",
    )
    parser.add_argument(
        "--repetitions", type=int, default=3, help="calls per moment in rounds that count effects (3)"
    )
    parser.add_argument("--only", default="", help="targets, for example `stt,edge kill`; default: all")
    parser.add_argument("--seed", type=int, default=None, help="seed of times and processes; default: random")
    parser.add_argument(
        "--nats-nodes", type=int, default=3, help="NATS servers in rounds whose target is NATS (3)"
    )
    parser.add_argument(
        "--standby-stream",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="fork each call's audio to a second edge (off by default)",
    )
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    return parser.parse_args()


def selected_targets(only: str, mode: Mode) -> list[Target]:
    """The targets of calls in a mode that are selected by kind, or by kind and method.

    Raises:
        SystemExit: an unknown target; the message lists the known ones.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    targets = targets_of(mode)
    names = {target.kind for target in targets} | {target.name for target in targets}
    names |= {"effects", *_EFFECT_ROUNDS}
    if unknown := sorted(set(wanted) - names):
        raise SystemExit(f"unknown target {unknown[0]!r}; choose from: {', '.join(sorted(names))}")
    return [t for t in targets if not wanted or t.kind in wanted or t.name in wanted]


def selected_stages(only: str, mode: Mode) -> list[str]:
    """The stages of the rounds that count effects outside of the calls; by default none in `realtime`."""
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    every = not wanted and mode == "cascade"
    return [stage for name, stage in _EFFECT_ROUNDS.items() if every or {name, "effects"} & set(wanted)]


async def run(args: argparse.Namespace, console: Console) -> tuple[list[Round], list[EffectRound]]:
    """Run one round per target. NATS runs as a cluster if it is the target, otherwise as a single server.

    A cluster of three writes everything three times, which would dominate the other figures on a small
    machine.
    """
    chance, targets = random.Random(args.seed), selected_targets(args.only, args.mode)
    alone = [target for target in targets if target.kind != "nats"]
    clustered = [target for target in targets if target.kind == "nats"]
    rounds = [
        *(await _rounds(alone, 1, args, chance, console) if alone else []),
        *(await _rounds(clustered, args.nats_nodes, args, chance, console) if clustered else []),
    ]
    stages = selected_stages(args.only, args.mode)
    return rounds, await effect_rounds(stages, args.repetitions, console) if stages else []


async def _rounds(
    targets: Sequence[Target],
    nats_nodes: int,
    args: argparse.Namespace,
    chance: random.Random,
    console: Console,
) -> list[Round]:
    watch, rounds = LogWatch(), []
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
        home = Path(folder)
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        env |= {"PARLEY_DRAIN_TIMEOUT_S": _DRAIN_S, "PARLEY_STREAM_RESUME_TIMEOUT_S": "10"}
        env["PARLEY_STANDBY_STREAM"] = str(args.standby_stream).lower()
        size, service = Size(copies=2, nats_nodes=nats_nodes), BookingService()
        async with (
            service.served() as service_url,
            running_system(env, free_ports(size), home, size=size, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            _write_agent(home, service_url, args.mode)
            emulators = Emulators(system, client)
            # Faults affect only the first models; the fallbacks work.
            await emulators.configure("openai", scenario=SCENARIO, llm_fault_model=MODEL)
            await emulators.configure("deepgram", stt_fault_model=TRANSCRIBER)
            for target in targets:
                with console.status(target.name):
                    rounds.append(await _round(system, emulators, service, target, args, chance))
                console.print(f"{target.name}: {json.dumps(rounds[-1].figures)}", soft_wrap=True)
                await asyncio.sleep(_SETTLE_S)
    return rounds


def _write_agent(home: Path, service_url: str, mode: Mode) -> None:
    folder = home / "agents"
    folder.mkdir()
    (folder / "chaos.yaml").write_text(yaml.safe_dump(agent(service_url, mode)), encoding="utf-8")


async def _round(
    system: System,
    emulators: Emulators,
    service: BookingService,
    target: Target,
    args: argparse.Namespace,
    chance: random.Random,
) -> Round:
    result = Round(target.name)
    scripts = [script(args.questions, chance) for _ in range(args.calls)]
    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(place_calls(system, "chaos", scripts, args.calls))
        injecting = tasks.create_task(
            inject_faults(system, emulators, target, args.faults, chance, result.faults)
        )
        calls, result.problems = await calling
        # No faults after the last call has ended.
        injecting.cancel()
        await asyncio.wait([injecting])
    evaluate(calls, result.faults, result.losses, service.effects)
    result.losses.calls_dropped += args.calls - len(calls)
    result.recorded_s_lost = await _recorded_s_lost(system, calls)
    return result


async def _recorded_s_lost(system: System, calls: Sequence[Call]) -> float:
    async with open_telephone(system.topology.sandbox_urls["twilio"]) as telephone:
        return sum([await recorded_s_lost(call, telephone) for call in calls])


def main() -> int:
    """Run the test, print and write the results; returns 1 if anything was lost."""
    args, console = _arguments(), Console()
    if not console.is_terminal:
        console.width = 170
    if args.seed is None:
        args.seed = time.time_ns() % 100_000
    console.print(f"seed {args.seed}")
    rounds, effects = run_bench(run(args, console))
    if rounds:
        console.print(table(rounds))
    if effects:
        console.print(effects_table(effects))
    for round_ in rounds:
        for note in (*round_.problems, *round_.losses.notes):
            console.print(f"[red]{round_.name}[/]: ", note, markup=True, soft_wrap=True)
    for effect_round in effects:
        for problem in effect_round.problems:
            console.print(f"[red]{effect_round.stage} kill, effects[/]: ", problem, soft_wrap=True)
    args.out.parent.mkdir(exist_ok=True)
    targets = {round_.name: round_.figures for round_ in rounds}
    figures = {"seed": args.seed, "mode": args.mode, "targets": targets, "effects": figures_of(effects)}
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    lost = any(round_.losses.notes or round_.problems for round_ in rounds)
    return int(lost or any(effect_round.problems for effect_round in effects))


if __name__ == "__main__":
    sys.exit(main())
