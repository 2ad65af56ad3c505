"""Divides the time that a caller waits for an answer's first words between the attempts. No I/O, no clock."""

from dataclasses import dataclass

FIRST_SHARE = 2 / 3
"""An attempt that others may follow gets this share of the time that is left."""
_MIN_RESERVE_S = 0.5
"""If less than this would be left for another attempt, the current one gets all of it."""
_MIN_ATTEMPT_S = 0.1
"""A further attempt is not made with less time than this."""


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time by which the first words of an answer, or a tool call, must have arrived."""

    deadline_s: float

    def is_spent(self, now_s: float) -> bool:
        """Whether no time is left for another attempt."""
        return self.deadline_s - now_s < _MIN_ATTEMPT_S

    def attempt_limit_s(self, now_s: float, *, limit_s: float, others_may_follow: bool) -> float:
        """Return the time limit of an attempt that starts now.

        `limit_s` is the limit of its route, however much time is left.
        """
        left_s = max(0.0, self.deadline_s - now_s)
        reserve_s = left_s * (1 - FIRST_SHARE) if others_may_follow else 0.0
        if reserve_s < _MIN_RESERVE_S:
            reserve_s = 0.0
        return min(limit_s, left_s - reserve_s)
