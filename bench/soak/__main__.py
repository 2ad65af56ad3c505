"""`make soak`: an hour of calls at a high rate, after which nothing of them may remain."""

import argparse
import asyncio
import dataclasses
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.run import run as run_bench
from bench.soak.leaks import ResourceUsage, find_leaks, resource_usage
from bench.turns.calls import place_calls
from bench.turns.scripts import QUESTIONS
from cli.log_lines import LogWatch
from cli.system import System, environment, free_ports, running_system
from sandbox.caller.script import HangUp, Listen, Pause, Say, Script

_OUT = Path("build/soak.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_WARM_UP = 60
"""Calls after which caches are full and pools are open."""
_IDLE_S = 15.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument(
        "--call-s", type=float, default=3600, help="total duration of all calls, in seconds (3600)"
    )
    parser.add_argument("--calls", type=int, default=20, help="simultaneous calls (20)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the callers' behaviour (0)")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    return parser.parse_args()


def script(chance: random.Random) -> Script:
    """A caller who hangs up during the greeting, during the answer, or after it."""
    match chance.randrange(3):
        case 0:
            return Script("rms", (Pause(float(chance.randint(300, 2500))), HangUp()))
        case 1:
            question = (Listen(silence_ms=300), Say(chance.choice(QUESTIONS)))
            return Script("rms", (*question, Pause(float(chance.randint(200, 2000))), HangUp()))
        case _:
            return Script("rms", (Listen(silence_ms=300), Say(chance.choice(QUESTIONS)), Listen(), HangUp()))


async def run(
    args: argparse.Namespace, console: Console
) -> tuple[ResourceUsage, ResourceUsage, dict[str, int], int]:
    """Measure an idle system before and after many calls."""
    chance, watch = random.Random(args.seed), LogWatch()
    with tempfile.TemporaryDirectory(prefix="parley-soak-") as folder:
        env, home = {**environment(), **_LOAD}, Path(folder)
        async with running_system(env, free_ports(), home, on_line=watch) as system:
            await _hold(system, _WARM_UP, args.calls, chance)
            await asyncio.sleep(_IDLE_S)
            before, began = await resource_usage(system), time.monotonic()
            call_s, calls, problems = 0.0, 0, 0
            while call_s < args.call_s:
                more_s, more, failed = await _hold(system, args.calls * 4, args.calls, chance)
                call_s, calls, problems = call_s + more_s, calls + more, problems + failed
                console.print(f"{calls} calls, {call_s:.0f} of {args.call_s:.0f} s")
            took_s = time.monotonic() - began
            await asyncio.sleep(_IDLE_S)
            after = await resource_usage(system)
    figures = {"calls": calls, "call_s": round(call_s), "took_s": round(took_s), "problems": problems}
    return before, after, figures, len(watch.errors)


async def _hold(system: System, count: int, at_once: int, chance: random.Random) -> tuple[float, int, int]:
    calls, problems = await place_calls(system, "clinic", [script(chance) for _ in range(count)], at_once)
    return sum(call.report.duration_ms for call in calls) / 1000, len(calls), len(problems)


def table(before: ResourceUsage, after: ResourceUsage) -> Table:
    """Resource usage before and after, side by side."""
    shown = Table("", "", "before", "after", title="What calls leave behind")
    for kind in (field.name for field in dataclasses.fields(ResourceUsage)):
        was, now = getattr(before, kind), getattr(after, kind)
        for name in was:
            shown.add_row(kind, name, f"{was[name]:.0f}", f"{now[name]:.0f}")
    return shown


def main() -> int:
    """Run the test, print and write the results; returns 1 on leaks, errors or problems."""
    args, console = _arguments(), Console()
    before, after, figures, errors = run_bench(run(args, console))
    leaks = list(find_leaks(before, after))
    console.print(table(before, after))
    console.print({**figures, "errors_logged": errors})
    for line in leaks:
        console.print(f"[red]{line}")
    args.out.parent.mkdir(exist_ok=True)
    report = {
        **figures,
        "errors_logged": errors,
        "leaks": leaks,
        "before": dataclasses.asdict(before),
        "after": dataclasses.asdict(after),
    }
    args.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return int(bool(leaks or errors or figures["problems"]))


if __name__ == "__main__":
    sys.exit(main())
