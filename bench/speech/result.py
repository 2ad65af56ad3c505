"""The benchmark's results as a table and as JSON. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.table import Table

from bench.speech.scoring import Scores


@dataclass(frozen=True, slots=True)
class VoiceResult:
    """The scores of one language, half of its prompts and level."""

    language: str
    is_holdout: bool
    """Prompts that were not used while the detector was developed."""
    dbfs: int
    scores: Scores


@dataclass(frozen=True, slots=True)
class NoiseResult:
    """Detections on audio without speech."""

    name: str
    seconds: float
    starts: int
    max_s: float


@dataclass(slots=True)
class Results:
    """All results of one run."""

    voices: list[VoiceResult] = field(default_factory=list)
    noises: list[NoiseResult] = field(default_factory=list)
    cpu_us_per_frame: dict[str, float] = field(default_factory=dict)
    """CPU time of the detector per 20 ms of audio, by kind of audio."""


def percentile(values: Sequence[float], q: float) -> float | None:
    """A percentile to 0.1 ms; None without values."""
    return round(float(np.percentile(values, q)), 1) if values else None


def summary(scores: Scores) -> dict[str, Any]:
    """The figures of one row."""
    early = [max(0.0, -error) for error in scores.end_error_ms]
    late = [max(0.0, error) for error in scores.end_error_ms]
    return {
        "utterances": len(scores.onset_delay_ms),
        "onset_ms": {
            "p50": percentile(scores.onset_delay_ms, 50),
            "p95": percentile(scores.onset_delay_ms, 95),
        },
        "end_error_ms": {
            "p50": percentile(scores.end_error_ms, 50),
            "p95": percentile([abs(error) for error in scores.end_error_ms], 95),
            "early_p95": percentile(early, 95),
            "late_p95": percentile(late, 95),
        },
        "end_reported_after_ms": {
            "p50": percentile(scores.end_delay_ms, 50),
            "p95": percentile(scores.end_delay_ms, 95),
        },
        "words": scores.words,
        "missed": len(scores.missed),
        "splits": scores.splits,
    }


def as_json(results: Results) -> dict[str, Any]:
    """All results."""
    minutes = sum(noise.seconds for noise in results.noises) / 60
    return {
        "voices": [
            {"language": r.language, "is_holdout": r.is_holdout, "dbfs": r.dbfs, **summary(r.scores)}
            for r in results.voices
        ],
        "noises": [
            {
                "name": n.name,
                "seconds": round(n.seconds, 1),
                "starts": n.starts,
                "max_s": round(n.max_s, 2),
            }
            for n in results.noises
        ],
        "false_starts_per_minute": round(sum(n.starts for n in results.noises) / minutes, 2)
        if minutes
        else None,
        "cpu_us_per_frame": {kind: round(us, 1) for kind, us in results.cpu_us_per_frame.items()},
    }


def table(results: Results) -> Table:
    """One row per language, half and level."""
    shown = Table(
        *("voice", "dBFS", "onset p50", "p95", "end p50", "early p95", "late p95", "|error| p95"),
        *("reported after p50", "p95", "missed", "splits"),
        title="Speech detection on human telephone prompts (ms)",
        caption="goals: onset 70 / 160, end error 40 at p95, no word of 150 ms missed at -30 dBFS",
    )
    for row in results.voices:
        figures = summary(row.scores)
        end, after = figures["end_error_ms"], figures["end_reported_after_ms"]
        cells: Sequence[Any] = (
            *(figures["onset_ms"]["p50"], figures["onset_ms"]["p95"]),
            *(end["p50"], end["early_p95"], end["late_p95"], end["p95"], after["p50"], after["p95"]),
        )
        shown.add_row(
            f"{row.language}, {'holdout' if row.is_holdout else 'development'}",
            str(row.dbfs),
            *("-" if value is None else f"{value:.0f}" for value in cells),
            f"{figures['missed']} of {figures['words']}",
            str(figures["splits"]),
        )
    return shown


def false_starts(results: Results) -> Mapping[str, str]:
    """The noises that started speech, with how often and for how long."""
    return {
        noise.name: f"{noise.starts / noise.seconds * 60:.1f} per minute, {noise.max_s:.1f} s at most"
        for noise in results.noises
        if noise.starts
    }
