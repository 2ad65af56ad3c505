"""Figures of the searches of a run. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.measure import percentile


@dataclass(frozen=True, slots=True)
class Timing:
    """One search."""

    took_ms: float
    hit: bool
    """Whether the right passage was among the results."""


def summary(timings: Sequence[Timing]) -> dict[str, Any]:
    """Return the percentiles of the durations, and the share of hits."""
    durations = sorted(timing.took_ms for timing in timings)
    return {
        "searches": len(timings),
        **{f"p{share}_ms": round(percentile(durations, share / 100), 2) for share in (50, 95, 99)},
        "max_ms": round(max(durations), 2),
        "hits": round(sum(timing.hit for timing in timings) / len(timings), 3),
    }
