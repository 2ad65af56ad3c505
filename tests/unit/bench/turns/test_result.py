"""Figures in the table and in the JSON file."""

from bench.turns.result import PLAIN, SPECULATION, as_json, fraction, spread, table
from bench.turns.rounds import Round
from bench.turns.turn_stats import TurnStats


def test_percentiles_include_the_number_of_values() -> None:
    """Percentiles include the number of values, which may be 0."""
    assert spread(range(1, 101)) == {"p50": 51, "p95": 96, "p99": 100, "n": 100}
    assert spread([])["n"] == 0
    assert fraction(1, 4) == 0.25
    assert fraction(0, 0) is None


def test_rounds_are_keyed_by_figure_and_number_of_calls() -> None:
    """Turns with and without speculation have separate figures."""
    rounds = [
        Round(
            PLAIN,
            1,
            turns=TurnStats(
                perceived_ms=[800], overhead_ms=[12], overhead_on_line_ms=[10], providers_ms=[790]
            ),
        ),
        Round(PLAIN, 1, stt_final_ms=100, turns=TurnStats(perceived_ms=[650])),
        Round(SPECULATION, 20, turns=TurnStats(perceived_ms=[640], speculations=4, speculations_discarded=1)),
    ]
    figures = as_json(rounds, seed=7)

    assert figures["overhead_ms"] == {"1": {"p50": 12, "p95": 12, "p99": 12, "n": 1}}
    assert figures["turn_ms"] == {"20": {"p50": 640, "p95": 640, "p99": 640, "n": 1}}
    assert figures["turn_by_stt_final_ms"] == {
        "250": {"p50": 800, "p95": 800, "p99": 800, "n": 1},
        "100": {"p50": 650, "p95": 650, "p99": 650, "n": 1},
    }
    assert figures["speculations_discarded"] == 0.25
    assert table(rounds).row_count == 12
