"""`make chaos`: kill, stop and end each process while calls go on; what was lost, and how long it took."""

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
from bench.chaos.dialogue import SCENARIO, TRANSCRIBER, agent, script
from bench.chaos.evaluation import evaluate
from bench.chaos.fault_injection import inject_faults
from bench.chaos.recordings import recorded_s_lost
from bench.chaos.result import Round, table
from bench.chaos.targets import TARGETS, Target
from bench.run import run as run_bench
from bench.turns.calls import Call, Emulators, place_calls
from cli.log_lines import LogWatch
from cli.system import System, environment, free_ports, running_system
from cli.topology import Size
from sandbox.caller.client import open_telephone

_OUT = Path("build/chaos.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_DRAIN_S = "8"
_SETTLE_S = 3.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="calls at once (20)")
    parser.add_argument("--strikes", type=int, default=6, help="for each victim (6)")
    parser.add_argument(
        "--questions", type=int, default=5, help="of each caller: the length of the calls (5)"
    )
    parser.add_argument("--only", default="", help="victims, as in `stt,edge kill`; all without")
    parser.add_argument("--seed", type=int, default=None, help="of moments and processes; any without")
    parser.add_argument(
        "--nats-nodes", type=int, default=3, help="servers of the bus, in the rounds that strike it (3)"
    )
    parser.add_argument(
        "--standby-stream",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="fork each call's audio to a second edge (off by default)",
    )
    parser.add_argument("--out", type=Path, default=_OUT, help=f"where the figures go ({_OUT})")
    return parser.parse_args()


def selected_targets(only: str) -> list[Target]:
    """The victims that were asked for, by kind or by kind and way.

    Raises:
        SystemExit: one that there is not.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    known = {victim.kind for victim in TARGETS} | {victim.name for victim in TARGETS}
    if unknown := sorted(set(wanted) - known):
        raise SystemExit(f"no victim {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    return [v for v in TARGETS if not wanted or v.kind in wanted or v.name in wanted]


async def run(args: argparse.Namespace, console: Console) -> list[Round]:
    """One round for each victim: against a cluster where the bus is struck, else against one server.

    Three servers write everything three times: with so many calls on a small machine the figures of all
    others would be theirs.
    """
    chance, victims = random.Random(args.seed), selected_targets(args.only)
    alone = [victim for victim in victims if victim.kind != "nats"]
    clustered = [victim for victim in victims if victim.kind == "nats"]
    return [
        *(await _rounds(alone, 1, args, chance, console) if alone else []),
        *(await _rounds(clustered, args.nats_nodes, args, chance, console) if clustered else []),
    ]


async def _rounds(
    victims: Sequence[Target],
    nats_nodes: int,
    args: argparse.Namespace,
    chance: random.Random,
    console: Console,
) -> list[Round]:
    watch, rounds = LogWatch(), []
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
        home = Path(folder)
        told = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        told |= {"PARLEY_DRAIN_TIMEOUT_S": _DRAIN_S, "PARLEY_STREAM_RESUME_TIMEOUT_S": "10"}
        told["PARLEY_STANDBY_STREAM"] = str(args.standby_stream).lower()
        size, calendar = Size(copies=2, nats_nodes=nats_nodes), BookingService()
        async with (
            calendar.served() as calendar_url,
            running_system(told, free_ports(size), home, size=size, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            _write_agent(home, calendar_url)
            stand_ins = Emulators(system, client)
            # The second models do as the first ones do, and fail by themselves only.
            await stand_ins.configure("openai", scenario=SCENARIO, llm_fault_model=SCENARIO)
            await stand_ins.configure("deepgram", stt_fault_model=TRANSCRIBER)
            for victim in victims:
                with console.status(victim.name):
                    rounds.append(await _round(system, stand_ins, calendar, victim, args, chance))
                console.print(f"{victim.name}: {json.dumps(rounds[-1].figures)}", soft_wrap=True)
                await asyncio.sleep(_SETTLE_S)
    return rounds


def _write_agent(home: Path, calendar_url: str) -> None:
    folder = home / "agents"
    folder.mkdir()
    (folder / "chaos.yaml").write_text(yaml.safe_dump(agent(calendar_url)), encoding="utf-8")


async def _round(
    system: System,
    stand_ins: Emulators,
    calendar: BookingService,
    victim: Target,
    args: argparse.Namespace,
    chance: random.Random,
) -> Round:
    made = Round(victim.name)
    scripts = [script(args.questions, chance) for _ in range(args.calls)]
    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(place_calls(system, "chaos", scripts, args.calls))
        striking = tasks.create_task(
            inject_faults(system, stand_ins, victim, args.strikes, chance, made.faults)
        )
        calls, made.problems = await calling
        # Calls that have ended are struck no more.
        striking.cancel()
        await asyncio.wait([striking])
    evaluate(calls, made.faults, made.losses, calendar.effects)
    made.losses.calls_dropped += args.calls - len(calls)
    made.recorded_s_lost = await _recorded_s_lost(system, calls)
    return made


async def _recorded_s_lost(system: System, calls: Sequence[Call]) -> float:
    async with open_telephone(system.topology.sandbox_urls["twilio"]) as telephone:
        return sum([await recorded_s_lost(call, telephone) for call in calls])


def main() -> int:
    """Run, print, write; 1 when anything was lost."""
    args, console = _arguments(), Console()
    if not console.is_terminal:
        console.width = 170
    if args.seed is None:
        args.seed = time.time_ns() % 100_000
    console.print(f"seed {args.seed}")
    rounds = run_bench(run(args, console))
    console.print(table(rounds))
    for made in rounds:
        for note in (*made.problems, *made.losses.notes):
            console.print(f"[red]{made.name}[/]: ", note, markup=True, soft_wrap=True)
    args.out.parent.mkdir(exist_ok=True)
    figures = {"seed": args.seed, "victims": {made.name: made.figures for made in rounds}}
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(any(made.losses.notes or made.problems for made in rounds))


if __name__ == "__main__":
    sys.exit(main())
