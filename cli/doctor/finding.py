"""Findings: the results of checks, each with its remedy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "note", "failed"]
"""Fine; worth reading; a call would fail."""


@dataclass(frozen=True, slots=True)
class Latency:
    """A measured latency with the limit of the latency budget, both in milliseconds."""

    what: str
    measured_ms: int
    budget_ms: int | None = None
    """Limit of the budget's part; None if it has no such part."""

    @property
    def exceeds_budget(self) -> bool:
        """Whether it took longer than the budget allows."""
        return self.budget_ms is not None and self.measured_ms > self.budget_ms

    def __str__(self) -> str:
        budget = f" (budget {self.budget_ms} ms)" if self.budget_ms is not None else ""
        return f"{self.what} after {self.measured_ms} ms{budget}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    section: str
    """A provider, or another part of the system."""
    subject: str
    state: State
    text: str
    """The facts and, unless it is ok, the remedy."""
    latencies: tuple[Latency, ...] = ()


@dataclass(frozen=True, slots=True)
class Reporter:
    """Collects the findings of one section."""

    section: str
    add: Callable[[Finding], None]

    def ok(self, subject: str, text: str, *latencies: Latency) -> None:
        """Report that nothing needs to be done; a latency over the budget makes it a note."""
        state: State = "note" if any(latency.exceeds_budget for latency in latencies) else "ok"
        self.add(Finding(self.section, subject, state, text, latencies))

    def note(self, subject: str, text: str) -> None:
        """Report a consequence, or a risk."""
        self.add(Finding(self.section, subject, "note", text))

    def failed(self, subject: str, text: str) -> None:
        """Report that a call would fail, and the remedy."""
        self.add(Finding(self.section, subject, "failed", text))
