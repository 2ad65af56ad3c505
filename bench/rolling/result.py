"""Results of a rolling restart, as table rows and as JSON. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.table import Table

from bench.chaos.evaluation import Losses, Silence, claimed_by, is_active, is_owner, silences, usual_gaps
from bench.chaos.fault_injection import Fault
from bench.chaos.result import spread
from bench.turns.calls import Call

_AFTER_US = 5_000_000
"""A silence that begins within this time after a handover is attributed to it."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A process that was replaced."""

    fault: Fault
    """The process, and when it got SIGTERM."""
    drained_s: float
    """From SIGTERM to its exit."""
    killed: bool
    """Whether it had to be killed at the end of the grace period."""
    exit_code: int


@dataclass(slots=True)
class Round:
    """The results of one round of calls."""

    name: str
    restarts: list[Restart] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    moved: int = 0
    """Calls that another process continued."""
    problems: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether anything was lost, or a process did not stop by itself."""
        stopped = all(not restart.killed and restart.exit_code == 0 for restart in self.restarts)
        return not stopped or bool(self.losses.notes or self.problems)

    @property
    def figures(self) -> dict[str, object]:
        """The results as values for JSON."""
        return {
            "restarts": len(self.restarts),
            "killed": sum(restart.killed for restart in self.restarts),
            "exit_codes": sorted({restart.exit_code for restart in self.restarts}),
            "calls": self.losses.calls,
            "calls_lost": self.losses.calls_dropped,
            "calls_moved": self.moved,
            "words_lost": self.losses.words_lost,
            "sentences_lost": self.losses.sentences_lost,
            "sentences_doubled": self.losses.sentences_doubled,
            "pause_ms": spread(self.losses.pause_ms),
            "drained_s": [round(restart.drained_s, 1) for restart in self.restarts],
        }


def add_pauses(calls: Sequence[Call], round_: Round) -> None:
    """Add the longest unexpected silence around each handover, and the number of handovers.

    In a round without restarts: the longest one of each call.
    """
    usual_ms = usual_gaps(calls)
    for call in calls:
        quiet = silences(call.report, usual_ms)
        if not round_.restarts:
            round_.losses.pause_ms.append(max((s.excess_ms for s in quiet), default=0.0))
        for restart in round_.restarts:
            fault = restart.fault
            if not is_active(call, fault.at_us) or not is_owner(call.events, fault):
                continue
            until_us = fault.at_us + restart.drained_s * 1_000_000 + _AFTER_US
            moved_us = _moved_at_us(call, fault, until_us)
            if moved_us is None:
                continue  # The call ended, or the stage had nothing left to do.
            round_.moved += 1
            round_.losses.pause_ms.append(_pause_ms(quiet, fault.at_us, moved_us + _AFTER_US))


def _moved_at_us(call: Call, fault: Fault, until_us: float) -> int | None:
    later = (
        event.sent_at_us
        for event in call.events
        if fault.at_us < event.sent_at_us <= until_us and claimed_by(fault.kind, event)
    )
    return next(later, None)


def _pause_ms(quiet: Sequence[Silence], from_us: float, to_us: float) -> float:
    return max((s.excess_ms for s in quiet if s.to_us >= from_us and s.from_us <= to_us), default=0.0)


def table(rounds: Sequence[Round]) -> Table:
    """A table with one row per round."""
    heads = ("restarts", "killed", "calls", "lost", "moved", "words -", "sent. -", "sent. +")
    result = Table("stage", *heads, "pause p50/p95/max ms", "drained s", title="Rolling restart")
    names = ("restarts", "killed", "calls", "calls_lost", "calls_moved", "words_lost", "sentences_lost")
    for round_ in rounds:
        figures = round_.figures
        pause = spread(round_.losses.pause_ms)
        result.add_row(
            round_.name,
            *(str(figures[name]) for name in (*names, "sentences_doubled")),
            f"{pause['p50']:.0f} / {pause['p95']:.0f} / {pause['max']:.0f}" if pause["n"] else "-",
            ", ".join(f"{restart.drained_s:.1f}" for restart in round_.restarts) or "-",
        )
    return result
