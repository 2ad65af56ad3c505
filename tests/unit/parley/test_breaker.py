"""Vendors that have failed are left alone for a while."""

from parley.breaker import Breaker, Breakers


def test_some_failures_in_a_row_begin_a_rest() -> None:
    """Told once; after it one may try, and one more failure is enough."""
    breaker = Breaker()

    assert [breaker.failed(at_s) for at_s in (0, 1, 2)] == [False, False, True]
    assert [breaker.allows(at_s) for at_s in (3, 11, 12)] == [False, False, True]
    assert breaker.failed(12)
    assert not breaker.allows(13)


def test_failures_far_apart_are_bad_luck() -> None:
    """And a success makes up for those before."""
    breaker = Breaker()

    assert not any(breaker.failed(at_s) for at_s in (0, 20, 40, 60))
    breaker.worked()
    assert not breaker.failed(61)
    assert not breaker.failed(62)


def test_a_refusal_is_enough() -> None:
    """A key that is wrong stays wrong for now."""
    breaker = Breaker()

    assert breaker.failed(0, for_good=True)
    assert not breaker.allows(1)


def test_each_way_has_its_own() -> None:
    """And those that rest are known by name."""
    breakers = Breakers()
    breakers.of("openai/a").failed(0, for_good=True)

    assert breakers.of("openai/b").allows(1)
    assert breakers.resting(1) == ["openai/a"]
    assert breakers.resting(11) == []
