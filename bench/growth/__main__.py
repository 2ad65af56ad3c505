"""`make bench-growth`: does a call cost more the longer it lasts? Folds and requests to the model."""

import argparse
import dataclasses
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.growth.fold_costs import FoldCosts, measure_folds

_OUT = Path("build/bench-growth.json")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-growth", description=__doc__)
    parser.add_argument("--minutes", default="1,10,60,240", help="lengths of the call (1,10,60,240)")
    parser.add_argument("--repeats", type=int, default=15, help="repetitions of each fold (15)")
    parser.add_argument(
        "--progress-ms", type=int, default=5000, help="interval of playback.progressed in the log (5000)"
    )
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    args = parser.parse_args()
    args.minutes = [float(text) for text in args.minutes.split(",")]
    return args


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


def main() -> None:
    """Measure, print the tables and write the file."""
    args, console = _arguments(), Console(width=160)
    console.print("folding the call")
    costs = measure_folds(args.minutes, repeats=args.repeats, progress_ms=args.progress_ms)
    console.print(fold_table(costs))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    result = {"folds": [dataclasses.asdict(row) for row in costs]}
    args.out.write_text(json.dumps(result, indent=2), encoding="utf-8")
    console.print(f"written to {args.out}")


if __name__ == "__main__":
    main()
