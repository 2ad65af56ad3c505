"""Which panels returned data, zeros or nothing, as a table. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bench.dashboards.prometheus_server import values
from scripts.dashboards.read import Target

EXPECTED_EMPTY: Mapping[tuple[str, str], str] = {
    ("parley-calls", "Certificates expire in"): "no TLS on this machine",
    ("parley-bus", "Storage used"): "the account has no limit",
    ("parley-providers", "Models end in"): "no shutdown is announced for the emulator's models",
}
"""Panels that are empty in this system, as their text explains, with the reason."""


class Outcome(Enum):
    """Kind of a query's result."""

    DATA = "data"
    ZERO = "only zeros"
    EMPTY = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """A panel's query and its result."""

    target: Target
    query: str
    series: Sequence[Mapping[str, Any]]
    exemplars: int = 0

    @property
    def rows(self) -> int:
        """Series with at least one number."""
        return sum(bool(values(series)) for series in self.series)

    @property
    def samples(self) -> int:
        """Numbers in all series."""
        return sum(len(values(series)) for series in self.series)

    @property
    def outcome(self) -> Outcome:
        """Whether there is any data, and whether it differs from zero."""
        if not self.rows:
            return Outcome.EMPTY
        nonzero = any(value for series in self.series for value in values(series))
        return Outcome.DATA if nonzero else Outcome.ZERO


def problems(answers: Sequence[Answer]) -> list[str]:
    """Panels without data, or with zeros only, that are not expected to be so."""
    found = []
    for answer in answers:
        panel = (answer.target.dashboard, answer.target.panel)
        if answer.outcome is Outcome.EMPTY and panel not in EXPECTED_EMPTY:
            found.append(f"{answer.target.name}: no data: {answer.query}")
    return found


def table(answers: Sequence[Answer]) -> str:
    """All queries in Markdown."""
    lines = [
        "# Queries of the dashboards",
        "",
        "Each panel's query, run on a real Prometheus that scraped a system with calls and faults.",
        "",
        "| dashboard | panel | query | rows | samples | exemplars | result |",
        "| --- | --- | --- | ---: | ---: | ---: | --- |",
    ]
    for answer in answers:
        target, query = answer.target, answer.query.replace("|", "\\|")
        note = EXPECTED_EMPTY.get((target.dashboard, target.panel), "")
        outcome = (
            f"{answer.outcome.value}: {note}" if answer.outcome is Outcome.EMPTY else answer.outcome.value
        )
        cells = (target.dashboard, f"{target.panel} {target.ref}", f"`{query}`", answer.rows, answer.samples)
        lines.append(f"| {' | '.join(map(str, cells))} | {answer.exemplars or ''} | {outcome} |")
    return "\n".join([*lines, ""])
