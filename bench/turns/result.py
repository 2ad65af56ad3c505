"""All rounds as one table, and as JSON. No I/O, no clock."""

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

PLAIN, GUESS, OPENER = "plain", "with speculation", "with openers too"


def spread(values: Iterable[float]) -> dict[str, float]:
    """Percentiles and how many there were."""
    known = sorted(values)
    return {
        "p50": round(percentile(known, 0.5), 1),
        "p95": round(percentile(known, 0.95), 1),
        "p99": round(percentile(known, 0.99), 1),
        "n": len(known),
    }


def fraction(part: float, whole: float) -> float | None:
    """None of nothing."""
    return round(part / whole, 4) if whole else None


def as_json(rounds: Sequence[Round], seed: int) -> dict[str, object]:
    """Keyed by figure, then by how many calls were held at once."""
    plain = [r for r in _rounds_named(rounds, PLAIN) if r.stt_final_ms == STT_FINAL_MS]
    guess = _rounds_named(rounds, GUESS)
    barge_in, noise = _rounds_named(rounds, "barge-in"), _rounds_named(rounds, "false interruptions")
    dropped = {
        str(r.at_once): fraction(r.turns.speculations_discarded, r.turns.speculations)
        for r in guess
        if r.turns
    }
    return {
        "seed": seed,
        "set_ms": {
            "stt_final": STT_FINAL_MS,
            "llm_first_token": LLM_FIRST_TOKEN_MS,
            "tts_first_byte": TTS_FIRST_BYTE_MS,
        },
        "set_tokens_per_s": TOKENS_PER_S,
        "overhead_ms": {str(r.at_once): spread(r.turns.overhead_ms) for r in plain if r.turns},
        "overhead_on_line_ms": {
            str(r.at_once): spread(r.turns.overhead_on_line_ms) for r in plain if r.turns
        },
        "turn_ms": {str(r.at_once): spread(r.turns.perceived_ms) for r in guess if r.turns},
        "turn_arrived_ms": {str(r.at_once): spread(r.turns.arrived_ms) for r in guess if r.turns},
        "turn_without_speculation_ms": {
            str(r.at_once): spread(r.turns.perceived_ms) for r in plain if r.turns
        },
        "first_sound_ms": {
            str(r.at_once): spread(r.turns.perceived_ms) for r in _rounds_named(rounds, OPENER) if r.turns
        },
        "turn_by_stt_final_ms": {
            str(r.stt_final_ms): spread(r.turns.perceived_ms)
            for r in _rounds_named(rounds, PLAIN)
            if r.turns and r.at_once == 1
        },
        "barge_in_ms": {str(r.at_once): spread(r.barge_ins.silent_after_ms) for r in barge_in if r.barge_ins},
        "barge_in_own_ms": {str(r.at_once): spread(r.barge_ins.overhead_ms) for r in barge_in if r.barge_ins},
        "resume_ms": {str(r.at_once): spread(r.noises.resumed_after) for r in noise if r.noises},
        "heard_exact": fraction(
            sum(r.barge_ins.exact for r in barge_in if r.barge_ins),
            sum(r.barge_ins.cuts for r in barge_in if r.barge_ins),
        ),
        "heard_wrongly": [text for r in barge_in if r.barge_ins for text in r.barge_ins.wrong],
        "false_interruptions_resumed": fraction(
            sum(r.noises.resumed for r in noise if r.noises), sum(r.noises.noises for r in noise if r.noises)
        ),
        "false_interruptions_damaged": sum(r.noises.damaged for r in noise if r.noises),
        "speculation_dropped": fraction(
            sum(r.turns.speculations_discarded for r in guess if r.turns),
            sum(r.turns.speculations for r in guess if r.turns),
        ),
        "speculation_dropped_by_calls": dropped,
        "speculation_dropped_characters": sum(r.turns.discarded_characters for r in guess if r.turns),
        "unanswered": sum(r.turns.unanswered for r in rounds if r.turns),
        "unmatched": sum(r.turns.unmatched for r in rounds if r.turns),
        "cpu_share": {f"{r.name}, {r.at_once}": round(r.cpu_share, 2) for r in rounds},
        "problems": [problem for r in rounds for problem in r.problems],
        "errors_logged": sum(r.errors for r in rounds),
    }


def _rounds_named(rounds: Sequence[Round], name: str) -> list[Round]:
    return [made for made in rounds if made.name == name]


def table(rounds: Sequence[Round]) -> Table:
    """A line each figure and round."""
    own = read_budget().overhead
    shown = Table(
        *("", "calls at once", "p50", "p95", "p99", "n", "CPU"),
        title="Turns, in ms",
        caption=f"the budget's overhead: p50 {own.p50_ms}, p95 {own.p95_ms}",
    )

    def row(name: str, made: Round, values: Iterable[float]) -> None:
        known = spread(values)
        cells = (f"{known[key]:.0f}" for key in ("p50", "p95", "p99", "n"))
        shown.add_row(name, str(made.at_once), *cells, f"{made.cpu_share:.0%}")

    for made in rounds:
        if made.turns is not None:
            name = made.name if made.stt_final_ms == STT_FINAL_MS else f"{made.name}, STT {made.stt_final_ms}"
            row(f"first sound, {name}", made, made.turns.perceived_ms)
            if made.name != OPENER:
                # An opener's sound is no provider's: nothing tells when its turn's final came.
                row("  to the ms, without the line's frames", made, made.turns.arrived_ms)
            if made.name == PLAIN:
                row("  of it the providers' own", made, made.turns.providers_ms)
                row("  overhead", made, made.turns.overhead_ms)
                row("  overhead, on the line (frames of 20 ms)", made, made.turns.overhead_on_line_ms)
        if made.barge_ins is not None:
            row("barge-in: silent after", made, made.barge_ins.silent_after_ms)
            row("  of it ours: detector's word to buffer cleared", made, made.barge_ins.overhead_ms)
        if made.noises is not None:
            row("false interruption: resumed after", made, made.noises.resumed_after)
    return shown
