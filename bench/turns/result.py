"""The results of all rounds as a table and as JSON. No I/O, no clock."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from bench.measure import percentile
from bench.turns.rounds import (
    LLM_FIRST_TOKEN_MS,
    STT_FINAL_MS,
    TOKENS_PER_S,
    TTS_FIRST_BYTE_MS,
    Round,
)
from cli.latency_budget import read_budget

PLAIN, SPECULATION, OPENER = "plain", "with speculation", "with openers too"


def spread(values: Iterable[float]) -> dict[str, float]:
    """Percentiles and the number of values."""
    ordered = sorted(values)
    return {
        "p50": round(percentile(ordered, 0.5), 1),
        "p95": round(percentile(ordered, 0.95), 1),
        "p99": round(percentile(ordered, 0.99), 1),
        "n": len(ordered),
    }


def fraction(part: float, whole: float) -> float | None:
    """The fraction, or None if the whole is 0."""
    return round(part / whole, 4) if whole else None


def as_json(rounds: Sequence[Round], seed: int) -> dict[str, object]:
    """Results by name, then by the number of simultaneous calls."""
    plain = [r for r in _rounds_named(rounds, PLAIN) if r.stt_final_ms == STT_FINAL_MS]
    speculation = _rounds_named(rounds, SPECULATION)
    barge_in, noise = _rounds_named(rounds, "barge-in"), _rounds_named(rounds, "false interruptions")
    discarded = {
        str(r.at_once): fraction(r.turns.speculations_discarded, r.turns.speculations)
        for r in speculation
        if r.turns
    }
    return {
        "seed": seed,
        "configured_ms": {
            "stt_final": STT_FINAL_MS,
            "llm_first_token": LLM_FIRST_TOKEN_MS,
            "tts_first_byte": TTS_FIRST_BYTE_MS,
        },
        "configured_tokens_per_s": TOKENS_PER_S,
        "overhead_ms": {str(r.at_once): spread(r.turns.overhead_ms) for r in plain if r.turns},
        "overhead_on_line_ms": {
            str(r.at_once): spread(r.turns.overhead_on_line_ms) for r in plain if r.turns
        },
        "turn_ms": {str(r.at_once): spread(r.turns.perceived_ms) for r in speculation if r.turns},
        "turn_arrived_ms": {str(r.at_once): spread(r.turns.arrived_ms) for r in speculation if r.turns},
        "turn_without_speculation_ms": {
            str(r.at_once): spread(r.turns.perceived_ms) for r in plain if r.turns
        },
        "turn_with_opener_ms": {
            str(r.at_once): spread(r.turns.perceived_ms) for r in _rounds_named(rounds, OPENER) if r.turns
        },
        "turn_by_stt_final_ms": {
            str(r.stt_final_ms): spread(r.turns.perceived_ms)
            for r in _rounds_named(rounds, PLAIN)
            if r.turns and r.at_once == 1
        },
        "barge_in_ms": {str(r.at_once): spread(r.barge_ins.silent_after_ms) for r in barge_in if r.barge_ins},
        "barge_in_overhead_ms": {
            str(r.at_once): spread(r.barge_ins.overhead_ms) for r in barge_in if r.barge_ins
        },
        "resume_ms": {str(r.at_once): spread(r.noises.resumed_after) for r in noise if r.noises},
        "history_exact": fraction(
            sum(r.barge_ins.exact for r in barge_in if r.barge_ins),
            sum(r.barge_ins.cuts for r in barge_in if r.barge_ins),
        ),
        "history_wrong": [text for r in barge_in if r.barge_ins for text in r.barge_ins.wrong],
        "false_interruptions_resumed": fraction(
            sum(r.noises.resumed for r in noise if r.noises), sum(r.noises.noises for r in noise if r.noises)
        ),
        "false_interruptions_damaged": sum(r.noises.damaged for r in noise if r.noises),
        "speculations_discarded": fraction(
            sum(r.turns.speculations_discarded for r in speculation if r.turns),
            sum(r.turns.speculations for r in speculation if r.turns),
        ),
        "speculations_discarded_by_calls": discarded,
        "speculations_discarded_characters": sum(
            r.turns.discarded_characters for r in speculation if r.turns
        ),
        "unanswered": sum(r.turns.unanswered for r in rounds if r.turns),
        "unmatched": sum(r.turns.unmatched for r in rounds if r.turns),
        "cpu_share": {f"{r.name}, {r.at_once}": round(r.cpu_share, 2) for r in rounds},
        "problems": [problem for r in rounds for problem in r.problems],
        "errors_logged": sum(r.errors for r in rounds),
    }


def _rounds_named(rounds: Sequence[Round], name: str) -> list[Round]:
    return [round_ for round_ in rounds if round_.name == name]


def table(rounds: Sequence[Round]) -> Table:
    """One row per figure and round."""
    budget = read_budget().overhead
    result = Table(
        *("", "calls", "p50", "p95", "p99", "n", "CPU"),
        title="Turn latency (ms)",
        caption=f"budget of the overhead: p50 {budget.p50_ms}, p95 {budget.p95_ms}",
    )

    def row(name: str, round_: Round, values: Iterable[float]) -> None:
        percentiles = spread(values)
        cells = (f"{percentiles[key]:.0f}" for key in ("p50", "p95", "p99", "n"))
        result.add_row(name, str(round_.at_once), *cells, f"{round_.cpu_share:.0%}")

    for round_ in rounds:
        if round_.turns is not None:
            name = (
                round_.name
                if round_.stt_final_ms == STT_FINAL_MS
                else f"{round_.name}, STT {round_.stt_final_ms}"
            )
            row(f"first audio, {name}", round_, round_.turns.perceived_ms)
            if round_.name != OPENER:
                # An opener is cached audio: no provider journal contains its turn.
                row("  to the ms, without the 20 ms grid of the line", round_, round_.turns.arrived_ms)
            if round_.name == PLAIN:
                row("  of which providers", round_, round_.turns.providers_ms)
                row("  overhead", round_, round_.turns.overhead_ms)
                row("  overhead on the line (20 ms grid)", round_, round_.turns.overhead_on_line_ms)
        if round_.barge_ins is not None:
            row("barge-in: silent after", round_, round_.barge_ins.silent_after_ms)
            row(
                "  of which overhead: speech detected to buffer cleared", round_, round_.barge_ins.overhead_ms
            )
        if round_.noises is not None:
            row("false interruption: resumed after", round_, round_.noises.resumed_after)
    return result
