"""A victim's losses as a line of the table and as JSON. No I/O, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from bench.chaos.evaluation import Losses
from bench.chaos.fault_injection import Fault
from bench.measure import percentile

_COUNTS = (
    "calls_dropped",
    "words_lost",
    "words_doubled",
    "recorded_s_lost",
    "tool_effects_doubled",
    "sentences_lost",
    "sentences_doubled",
)


@dataclass(slots=True)
class Round:
    """One victim's."""

    name: str
    faults: list[Fault] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    recorded_s_lost: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, object]:
        """As the file has them."""
        counts = {
            name: round(self.recorded_s_lost, 2) if name == "recorded_s_lost" else getattr(self.losses, name)
            for name in _COUNTS
        }
        return {
            "kills": len(self.faults),
            "calls": self.losses.calls,
            **counts,
            "pause_ms": spread(self.losses.pause_ms),
            "takeover_ms": spread(self.losses.takeover_ms),
        }


def spread(values: Iterable[float]) -> dict[str, float]:
    """How they lie, and how many there are."""
    known = sorted(values)
    return {
        "p50": round(percentile(known, 0.5)),
        "p95": round(percentile(known, 0.95)),
        "max": round(known[-1]) if known else 0,
        "n": len(known),
    }


def table(rounds: Sequence[Round]) -> Table:
    """A line each victim."""
    heads = ("kills", "calls", "dropped", "words -", "words +", "rec. s -", "tools +", "sent. -", "sent. +")
    shown = Table("victim", *heads, "pause p50/p95/max ms", "takeover p50/p95/max ms", title="What was lost")
    for made in rounds:
        figures = made.figures
        counts = [str(figures[name]) for name in ("kills", "calls", *_COUNTS)]
        times = (_three(spread(made.losses.pause_ms)), _three(spread(made.losses.takeover_ms)))
        shown.add_row(made.name, *counts, *times)
    return shown


def _three(values: dict[str, float]) -> str:
    return f"{values['p50']:.0f} / {values['p95']:.0f} / {values['max']:.0f}" if values["n"] else "-"
