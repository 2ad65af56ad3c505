"""`make bench-realtime`: turn latency and barge-in of speech to speech and of the cascade.

The emulators answer with fixed delays, so the figures compare what Parley adds, not the providers: the first
token of the model after 350 ms and the first audio of the voice after 130 ms, or both together after 480 ms.
With `--load N` it measures CPU and memory of N simultaneous calls in each mode instead.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import yaml
from rich.console import Console
from rich.table import Table

from bench.realtime.load import Load, load_of, load_table
from bench.run import run
from bench.turns.calls import Call, Emulators, place_calls
from bench.turns.rounds import LLM_FIRST_TOKEN_MS, TOKENS_PER_S, TTS_FIRST_BYTE_MS
from bench.turns.scripts import agents, interrupter, talker
from cli.log_lines import LogWatch
from cli.system import System, environment, free_ports, running_system

_OUT = Path("build/bench-realtime.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_FIRST_AUDIO_MS = LLM_FIRST_TOKEN_MS + TTS_FIRST_BYTE_MS
_TURNS_PER_CALL = 6


def _agents() -> dict[str, dict[str, Any]]:
    """The agents of `make bench-turns` that are compared, and the same two with a speech-to-speech model."""
    compared = agents()
    for name, scenario in (("realtime", "bench"), ("realtime-long", "long")):
        base = {key: value for key, value in compared["plain"].items() if key != "llm"}
        compared[name] = {**base, "mode": "realtime", "realtime": {"model": f"sandbox-{scenario}"}}
    return compared


@asynccontextmanager
async def _system(watch: LogWatch) -> AsyncIterator[System]:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        home = Path(folder)
        (home / "agents").mkdir()
        for name, agent in _agents().items():
            (home / "agents" / f"{name}.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        async with (
            running_system(env, free_ports(), home, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            emulators = Emulators(system, client)
            await emulators.configure(
                "openai",
                first_token_ms=LLM_FIRST_TOKEN_MS,
                tokens_per_s=TOKENS_PER_S,
                realtime_first_audio_ms=_FIRST_AUDIO_MS,
            )
            await emulators.configure("elevenlabs", first_byte_ms=TTS_FIRST_BYTE_MS)
            yield system


async def _loads(args: argparse.Namespace, console: Console) -> dict[str, Load]:
    watch, chance = LogWatch(), random.Random(args.seed)
    loads: dict[str, Load] = {}
    for name in ("speculation", "realtime"):
        # A system for each: memory that earlier calls have left would be used again.
        async with _system(watch) as system:
            with console.status(f"load: {name}"):
                loads[name] = await load_of(system, name, args.load, chance)
    return loads


async def _measure(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    watch, chance = LogWatch(), random.Random(args.seed)
    figures: dict[str, Any] = {}
    async with _system(watch) as system:
        for name in ("plain", "speculation", "realtime"):
            with console.status(f"turns: {name}"):
                figures[name] = await _turns(system, name, args, chance)
        for name in ("long", "realtime-long"):
            with console.status(f"barge-in: {name}"):
                figures[name] = await _barge_ins(system, name, args, chance)
    figures["errors"] = [f"{line.process}: {line.text}" for line in watch.errors]
    return figures


async def _turns(system: System, agent: str, args: argparse.Namespace, chance: random.Random) -> Any:
    calls = max(1, args.turns // _TURNS_PER_CALL)
    scripts = [talker(_TURNS_PER_CALL, chance) for _ in range(calls)]
    done, problems = await place_calls(system, agent, scripts, args.at_once)
    gaps = [r.gap_ms for call in done for r in call.report.responses if r.gap_ms is not None]
    return {**_summary(gaps), "unanswered": _unanswered(done), "problems": problems}


async def _barge_ins(system: System, agent: str, args: argparse.Namespace, chance: random.Random) -> Any:
    scripts = [
        interrupter(_TURNS_PER_CALL, chance) for _ in range(max(1, args.turns // _TURNS_PER_CALL // 2))
    ]
    done, problems = await place_calls(system, agent, scripts, args.at_once)
    silent = [each.agent_silent_after_ms for call in done for each in call.report.barge_ins]
    return {**_summary(silent), "problems": problems}


def _unanswered(calls: Sequence[Call]) -> int:
    return sum(response.gap_ms is None for call in calls for response in call.report.responses)


def _summary(values: Sequence[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"count": len(values)}
    percentiles = quantiles(values, n=100, method="inclusive")
    figures = {"p50_ms": percentiles[49], "p95_ms": percentiles[94], "max_ms": max(values)}
    return {"count": len(values), **{name: round(value) for name, value in figures.items()}}


def main() -> int:
    """Run the calls, print and write the figures; returns 1 if a call failed."""
    parser = argparse.ArgumentParser(prog="make bench-realtime", description=__doc__)
    parser.add_argument("--turns", type=int, default=60, help="turns for each agent (60)")
    parser.add_argument("--at-once", type=int, default=1, help="simultaneous calls (1)")
    parser.add_argument(
        "--load", type=int, default=0, help="measure CPU and memory of this many simultaneous calls instead"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the callers' words and timing (0)")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    args, console = parser.parse_args(), Console()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if args.load:
        return _measure_load(args, console)
    figures = run(_measure(args, console))
    table = Table("agent", "count", "p50 ms", "p95 ms", "max ms", "problems")
    for name in ("plain", "speculation", "realtime", "long", "realtime-long"):
        found = figures[name]
        cells = (found.get(key, "") for key in ("count", "p50_ms", "p95_ms", "max_ms"))
        table.add_row(name, *map(str, cells), str(len(found["problems"]) + found.get("unanswered", 0)))
    console.print(table)
    console.print(*figures["errors"][:5], sep="\n")
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(figures[name]["problems"] for name in figures if name != "errors"))


def _measure_load(args: argparse.Namespace, console: Console) -> int:
    loads = run(_loads(args, console))
    console.print(load_table(loads))
    figures = {"load": {name: load.figures for name, load in loads.items()}}
    args.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(load.problems for load in loads.values()))


if __name__ == "__main__":
    sys.exit(main())
