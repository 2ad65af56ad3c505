"""The figures of a run."""

from bench.knowledge.result import Timing, summary


def test_percentiles_and_hits() -> None:
    """Durations are sorted before the percentiles are taken."""
    figures = summary([Timing(float(101 - number), number % 4 != 0) for number in range(1, 101)])
    assert figures == {
        "searches": 100,
        "p50_ms": 51.0,
        "p95_ms": 96.0,
        "p99_ms": 100.0,
        "max_ms": 100.0,
        "hits": 0.75,
    }
