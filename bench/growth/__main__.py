"""`make bench-growth`: does a call cost more the longer it lasts? Folds, requests to the model, takeovers."""

import argparse
import asyncio
import dataclasses
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.growth.fold_costs import FoldCosts, measure_folds
from bench.growth.takeover import Takeover, brains, measure_takeover, medians

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


async def _takeovers(args: argparse.Namespace, console: Console) -> list[Takeover]:
    found: list[Takeover] = []
    with tempfile.TemporaryDirectory(prefix="parley-growth-") as folder:
        for number, minutes in enumerate(args.minutes * args.takeovers):
            async with brains(Path(folder) / str(number), lambda _name, _line: None) as nats_url:
                found.append(
                    await measure_takeover(
                        nats_url,
                        minutes,
                        progress_ms=args.progress_ms,
                        number=number + 1,
                        report=console.print,
                    )
                )
    return sorted(found, key=lambda takeover: takeover.minutes)


def fold_table(costs: list[FoldCosts]) -> Table:
    """Format the costs per event."""
    table = Table(title="Cost per event (µs), size of the state and the request")
    for column in ("minutes", "events", *costs[0].us_per_event, "state, bytes", "request, characters"):
        table.add_column(column, justify="right")
    for row in costs:
        values = (f"{value:.1f}" for value in row.us_per_event.values())
        table.add_row(
            f"{row.minutes:g}", str(row.events), *values, str(row.state_bytes), str(row.prompt_characters)
        )
    return table


def takeover_table(takeovers: list[Takeover]) -> Table:
    """Format the takeovers: the median of each length's figures."""
    names = [member.name for member in dataclasses.fields(Takeover)]
    table = Table(title="Takeover of the brain after kill -9 (medians)")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for row in medians(takeovers):
        table.add_row(*(f"{getattr(row, name):.6g}" for name in names))
    return table


def main() -> None:
    """Measure, print the tables and write the file."""
    args, console = _arguments(), Console(width=160)
    console.print("folding the call")
    costs = measure_folds(args.minutes, repeats=args.repeats, progress_ms=args.progress_ms)
    console.print(fold_table(costs))
    takeovers = asyncio.run(_takeovers(args, console)) if args.takeovers else []
    if takeovers:
        console.print(takeover_table(takeovers))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "folds": [dataclasses.asdict(row) for row in costs],
        "takeovers": [dataclasses.asdict(row) for row in takeovers],
    }
    args.out.write_text(json.dumps(result, indent=2), encoding="utf-8")
    console.print(f"written to {args.out}")


if __name__ == "__main__":
    main()
