"""`make bench-turns`: what a turn costs, less the providers' time; a table, build/bench-turns.json."""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx
import yaml
from rich.console import Console

from bench.run import run
from bench.turns.calls import Emulators
from bench.turns.result import GUESS, OPENER, PLAIN, as_json, table
from bench.turns.rounds import LLM_FIRST_TOKEN_MS, TOKENS_PER_S, TTS_FIRST_BYTE_MS, Bench, Round
from bench.turns.scripts import agents
from cli.log_lines import LogWatch
from cli.system import environment, free_ports, running_system

_OUT = Path("build/bench-turns.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-turns", description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="turns a round (200)")
    parser.add_argument("--calls", default="1,20,50", help="calls at once (1,20,50)")
    parser.add_argument("--only", default="", help="rounds: plain, guess, opener, stt, barge-in, noise")
    parser.add_argument("--seed", type=int, default=0, help="of what callers say and when (0)")
    parser.add_argument("--quick", action="store_true", help="few turns, one and three calls: two minutes")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"where the figures go ({_OUT})")
    return parser.parse_args()


async def measure(args: argparse.Namespace, console: Console) -> list[Round]:
    """All rounds, one after another, against one system."""
    turns, counts = (12, [1, 3]) if args.quick else (args.turns, [int(n) for n in args.calls.split(",")])
    watch, rounds = LogWatch(), []
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        home = Path(folder)
        _write_agents(home / "agents")
        told = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        async with (
            running_system(told, free_ports(), home, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            stand_ins = Emulators(system, client)
            await stand_ins.configure("openai", first_token_ms=LLM_FIRST_TOKEN_MS, tokens_per_s=TOKENS_PER_S)
            await stand_ins.configure("elevenlabs", first_byte_ms=TTS_FIRST_BYTE_MS)
            bench = Bench(system, stand_ins, random.Random(args.seed))
            for kind, at_once in _plan(counts, args.only):
                before = len(watch.errors)
                with console.status(f"{kind}: {at_once} at once"):
                    rounds.append(await _round(bench, kind, turns, at_once))
                rounds[-1].errors = len(watch.errors) - before
                console.print(f"done: {kind}, {at_once} at once")
    for line in watch.errors:
        console.print(f"[red]{line.process}: {line.text}")
    return rounds


def _write_agents(folder: Path) -> None:
    folder.mkdir()
    for name, agent in agents().items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")


def _plan(counts: Sequence[int], only: str) -> list[tuple[str, int]]:
    wanted = only.split(",") if only else ["plain", "guess", "opener", "stt", "barge-in", "noise"]
    plan = [(kind, count) for count in counts for kind in wanted if kind != "stt"]
    return [*plan, *([("stt100", 1), ("stt400", 1)] if "stt" in wanted else [])]


async def _round(bench: Bench, kind: str, turns: int, at_once: int) -> Round:
    half = max(turns // 2, 1)
    match kind:
        case "plain":
            return await bench.run_turns(PLAIN, "plain", turns, at_once)
        case "guess":
            return await bench.run_turns(GUESS, "guess", turns, at_once)
        case "opener":
            return await bench.run_turns(OPENER, "opener", turns, at_once)
        case "stt100" | "stt400":
            return await bench.run_turns(
                PLAIN, "plain", max(turns // 4, 1), at_once, int(kind.removeprefix("stt"))
            )
        case "barge-in":
            return await bench.run_barge_ins(half, at_once)
        case _:
            return await bench.run_noise(half, at_once)


def main() -> int:
    """Run, print, write; 1 when a call went wrong."""
    args, console = _arguments(), Console()
    console.print(f"seed {args.seed}")
    rounds = run(measure(args, console))
    figures = as_json(rounds, args.seed)
    console.print(table(rounds))
    for key in ("heard_exact", "false_interruptions_resumed", "speculation_dropped", "unanswered"):
        console.print(f"{key}: {figures[key]}")
    for problem in (problem for made in rounds for problem in made.problems):
        console.print(f"[red]{problem}", soft_wrap=True)
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(any(made.problems for made in rounds))


if __name__ == "__main__":
    sys.exit(main())
