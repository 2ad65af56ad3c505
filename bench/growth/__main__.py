"""`make bench-growth`: does a call cost more the longer it lasts? Folds, requests to the model, takeovers."""

import argparse
import asyncio
import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.growth.fold_costs import FoldCosts, measure_folds
from bench.growth.stage_takeover import StageTakeover, stage_medians
from bench.growth.takeover import CallTakeovers, Takeover, measure_takeovers, medians, stages

_OUT = Path("build/bench-growth.json")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-growth", description=__doc__)
    parser.add_argument("--minutes", default="1,10,60,240", help="lengths of the call (1,10,60,240)")
    parser.add_argument("--repeats", type=int, default=15, help="repetitions of each fold (15)")
    parser.add_argument("--takeovers", type=int, default=3, help="kills per length; 0: folds only (3)")
    parser.add_argument(
        "--progress-ms", type=int, default=5000, help="interval of playback.progressed in the log (5000)"
    )
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    args = parser.parse_args()
    args.minutes = [float(text) for text in args.minutes.split(",")]
    return args


async def _takeovers(args: argparse.Namespace, console: Console) -> list[CallTakeovers]:
    found: list[CallTakeovers] = []
    with tempfile.TemporaryDirectory(prefix="parley-growth-") as folder:
        for number, minutes in enumerate(args.minutes * args.takeovers):
            async with stages(Path(folder) / str(number), lambda _name, _line: None) as nats_url:
                found.append(
                    await measure_takeovers(
                        nats_url,
                        minutes,
                        progress_ms=args.progress_ms,
                        number=number + 1,
                        report=console.print,
                    )
                )
    return sorted(found, key=lambda call: call.brain.minutes)


def fold_table(costs: list[FoldCosts]) -> Table:
    """Format the costs per event and the sizes."""
    table = Table(title="By fold: cost per event (µs) / size of the state (bytes)")
    for column in ("minutes", "events", *costs[0].us_per_event, "request, characters"):
        table.add_column(column, justify="right")
    for row in costs:
        values = (f"{us:.1f} / {row.state_bytes[name]}" for name, us in row.us_per_event.items())
        table.add_row(f"{row.minutes:g}", str(row.events), *values, str(row.prompt_characters))
    return table


def takeover_table(title: str, rows: Sequence[Takeover | StageTakeover]) -> Table:
    """Format takeovers of one kind."""
    names = [member.name for member in dataclasses.fields(rows[0])]
    table = Table(title=title)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        values = (getattr(row, name) for name in names)
        table.add_row(*(f"{one:.6g}" if isinstance(one, float) else str(one) for one in values))
    return table


def main() -> None:
    """Measure, print the tables and write the file."""
    args, console = _arguments(), Console(width=160)
    console.print("folding the call")
    costs = measure_folds(args.minutes, repeats=args.repeats, progress_ms=args.progress_ms)
    console.print(fold_table(costs))
    calls = asyncio.run(_takeovers(args, console)) if args.takeovers else []
    brains, others = [call.brain for call in calls], [one for call in calls for one in call.stages]
    if calls:
        console.print(takeover_table("Takeover of the brain after kill -9 (medians)", medians(brains)))
        title = "Takeover of the other stages after kill -9; of the edge, by the next stream (medians)"
        console.print(takeover_table(title, stage_medians(others)))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "folds": [dataclasses.asdict(row) for row in costs],
        "takeovers": [dataclasses.asdict(row) for row in brains],
        "stage_takeovers": [dataclasses.asdict(row) for row in others],
    }
    args.out.write_text(json.dumps(result, indent=2), encoding="utf-8")
    console.print(f"written to {args.out}")


if __name__ == "__main__":
    main()
