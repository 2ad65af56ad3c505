"""Tests for the division of the time for an answer's first words."""

import pytest

from services.brain.generation.time_budget import TimeBudget

BUDGET = TimeBudget(13.0)


@pytest.mark.parametrize(
    ("now_s", "others_may_follow", "expected_s"),
    [
        (10.0, True, 2.0),  # the next attempt has one second left
        (10.0, False, 3.0),
        (10.3, True, 1.8),
        (12.0, True, 1.0),  # too little for a third attempt
        (13.5, True, 0.0),
    ],
)
def test_the_first_attempt_leaves_time_for_a_second(
    now_s: float, others_may_follow: bool, expected_s: float
) -> None:
    """An attempt after which none can follow gets all of the time."""
    limit_s = BUDGET.attempt_limit_s(now_s, limit_s=60.0, others_may_follow=others_may_follow)

    assert limit_s == pytest.approx(expected_s)


def test_a_route_may_have_a_shorter_limit() -> None:
    """The next attempt then has more time."""
    assert BUDGET.attempt_limit_s(10.0, limit_s=0.8, others_may_follow=True) == 0.8


def test_no_attempt_is_made_without_time() -> None:
    """The apology follows at once."""
    assert not BUDGET.is_spent(12.8)
    assert BUDGET.is_spent(12.95)
    assert BUDGET.is_spent(14.0)
