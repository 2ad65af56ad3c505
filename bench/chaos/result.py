"""The losses of a round as a table row and as JSON. No I/O, no clock."""

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
    """Results of the round of one target."""

    name: str
    faults: list[Fault] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    recorded_s_lost: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, object]:
        """The results as values for JSON."""
        counts = {
            name: round(self.recorded_s_lost, 2) if name == "recorded_s_lost" else getattr(self.losses, name)
            for name in _COUNTS
        }
        return {
            "faults": len(self.faults),
            "calls": self.losses.calls,
            **counts,
            "pause_ms": spread(self.losses.pause_ms),
            "takeover_ms": spread(self.losses.takeover_ms),
        }


def spread(values: Iterable[float]) -> dict[str, float]:
    """Percentiles, maximum and the number of values."""
    ordered = sorted(values)
    return {
        "p50": round(percentile(ordered, 0.5)),
        "p95": round(percentile(ordered, 0.95)),
        "max": round(ordered[-1]) if ordered else 0,
        "n": len(ordered),
    }


def table(rounds: Sequence[Round]) -> Table:
    """A table with one row per target."""
    heads = ("faults", "calls", "dropped", "words -", "words +", "rec. s -", "tools +", "sent. -", "sent. +")
    result = Table("target", *heads, "pause p50/p95/max ms", "takeover p50/p95/max ms", title="Losses")
    for round_ in rounds:
        figures = round_.figures
        counts = [str(figures[name]) for name in ("faults", "calls", *_COUNTS)]
        times = (_three(spread(round_.losses.pause_ms)), _three(spread(round_.losses.takeover_ms)))
        result.add_row(round_.name, *counts, *times)
    return result


def _three(values: dict[str, float]) -> str:
    return f"{values['p50']:.0f} / {values['p95']:.0f} / {values['max']:.0f}" if values["n"] else "-"
