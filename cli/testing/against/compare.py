"""Compares two calls turn by turn. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from cli.testing.turns import CallSummary, TurnSummary
from cli.wer import normalize

Change = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class TurnPair:
    """One turn in both calls; None in a call that does not have it."""

    before: TurnSummary | None
    after: TurnSummary | None

    @property
    def differs(self) -> bool:
        """Whether words or tools differ; punctuation, case and latency do not count."""
        if self.before is None or self.after is None:
            return True
        return (
            normalize(self.before.agent) != normalize(self.after.agent)
            or normalize(self.before.caller) != normalize(self.after.caller)
            or self.before.tools != self.after.tools
        )


@dataclass(frozen=True, slots=True)
class CallComparison:
    """Two calls with the same caller."""

    turns: tuple[TurnPair, ...]
    before: CallSummary
    after: CallSummary

    @property
    def same_end(self) -> bool:
        """Whether both calls ended for the same reason."""
        return _end(self.before) == _end(self.after)

    @property
    def differs(self) -> bool:
        """Whether any turn or the end differs."""
        return not self.same_end or any(turn.differs for turn in self.turns)


def compare(before: CallSummary, after: CallSummary) -> CallComparison:
    """Compare two calls whose turns are aligned by the caller's words."""
    return CallComparison(tuple(_aligned(before, after)), before, after)


def words_changed(before: str, after: str) -> list[tuple[Change, str]]:
    """The words of both texts in order, each marked as in both, only before or only after."""
    old, new = before.split(), after.split()
    found: list[tuple[Change, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", " ".join(new[c:d])))
            continue
        if a < b:
            found.append(("removed", " ".join(old[a:b])))
        if c < d:
            found.append(("added", " ".join(new[c:d])))
    return found


def _aligned(before: CallSummary, after: CallSummary) -> Iterator[TurnPair]:
    keys = [[tuple(normalize(turn.caller)) for turn in call.turns] for call in (before, after)]
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        old, new = before.turns[a:b], after.turns[c:d]
        for number in range(max(len(old), len(new))):
            yield TurnPair(
                old[number] if number < len(old) else None, new[number] if number < len(new) else None
            )


def _end(call: CallSummary) -> str:
    """The reason of the end; the caller's hang-up has two."""
    return "completed" if call.ended_by == "hangup" else call.ended_by
