"""`make bench-turns`: turn latency and Parley's overhead; prints a table, writes build/bench-turns.json."""

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
from bench.turns.result import OPENER, PLAIN, SPECULATION, as_json, table
from bench.turns.rounds import LLM_FIRST_TOKEN_MS, TOKENS_PER_S, TTS_FIRST_BYTE_MS, Bench, Round
from bench.turns.scripts import agents
from cli.log_lines import LogWatch
from cli.system import environment, free_ports, running_system

_OUT = Path("build/bench-turns.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-turns", description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="turns per round (200)")
    parser.add_argument("--calls", default="1,20,50", help="simultaneous calls (1,20,50)")
    parser.add_argument("--only", default="", help="rounds: plain, speculation, opener, stt, barge-in, noise")
    parser.add_argument("--seed", type=int, default=0, help="seed of the callers' words and timing (0)")
    parser.add_argument("--quick", action="store_true", help="few turns, 1 and 3 calls: two minutes")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    return parser.parse_args()


async def measure(args: argparse.Namespace, console: Console) -> list[Round]:
    """Run all rounds against one system."""
    turns, counts = (12, [1, 3]) if args.quick else (args.turns, [int(n) for n in args.calls.split(",")])
    watch, rounds = LogWatch(), []
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        home = Path(folder)
        _write_agents(home / "agents")
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        async with (
            running_system(env, free_ports(), home, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            emulators = Emulators(system, client)
            await emulators.configure("openai", first_token_ms=LLM_FIRST_TOKEN_MS, tokens_per_s=TOKENS_PER_S)
            await emulators.configure("elevenlabs", first_byte_ms=TTS_FIRST_BYTE_MS)
            bench = Bench(system, emulators, random.Random(args.seed))
            for kind, at_once in _plan(counts, args.only):
                before = len(watch.errors)
                with console.status(f"{kind}: {at_once} simultaneous calls"):
                    rounds.append(await _round(bench, kind, turns, at_once))
                rounds[-1].errors = len(watch.errors) - before
                console.print(f"done: {kind}, {at_once} simultaneous calls")
    for line in watch.errors:
        console.print(f"[red]{line.process}: {line.text}")
    return rounds


def _write_agents(folder: Path) -> None:
    folder.mkdir()
    for name, agent in agents().items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")


def _plan(counts: Sequence[int], only: str) -> list[tuple[str, int]]:
    wanted = only.split(",") if only else ["plain", "speculation", "opener", "stt", "barge-in", "noise"]
    plan = [(kind, count) for count in counts for kind in wanted if kind != "stt"]
    return [*plan, *([("stt100", 1), ("stt400", 1)] if "stt" in wanted else [])]


async def _round(bench: Bench, kind: str, turns: int, at_once: int) -> Round:
    half = max(turns // 2, 1)
    match kind:
        case "plain":
            return await bench.run_turns(PLAIN, "plain", turns, at_once)
        case "speculation":
            return await bench.run_turns(SPECULATION, "speculation", turns, at_once)
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
    """Run the benchmark, print and write the results; returns 1 if a call failed."""
    args, console = _arguments(), Console()
    console.print(f"seed {args.seed}")
    rounds = run(measure(args, console))
    figures = as_json(rounds, args.seed)
    console.print(table(rounds))
    for key in ("history_exact", "false_interruptions_resumed", "speculations_discarded", "unanswered"):
        console.print(f"{key}: {figures[key]}")
    for problem in (problem for round_ in rounds for problem in round_.problems):
        console.print(f"[red]{problem}", soft_wrap=True)
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(any(round_.problems for round_ in rounds))


if __name__ == "__main__":
    sys.exit(main())
