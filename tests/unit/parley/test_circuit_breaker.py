"""Providers that have failed are left alone for a while."""

from parley.circuit_breaker import CircuitBreaker, CircuitBreakers


def test_some_failures_in_a_row_begin_a_rest() -> None:
    """Told once; after it one may try, and one more failure is enough."""
    breaker = CircuitBreaker()

    assert [breaker.record_failure(at_s) for at_s in (0, 1, 2)] == [False, False, True]
    assert [breaker.allows(at_s) for at_s in (3, 11, 12)] == [False, False, True]
    assert breaker.record_failure(12)
    assert not breaker.allows(13)


def test_failures_far_apart_are_bad_luck() -> None:
    """And a success makes up for those before."""
    breaker = CircuitBreaker()

    assert not any(breaker.record_failure(at_s) for at_s in (0, 20, 40, 60))
    breaker.record_success()
    assert not breaker.record_failure(61)
    assert not breaker.record_failure(62)


def test_a_refusal_is_enough() -> None:
    """A key that is wrong stays wrong for now."""
    breaker = CircuitBreaker()

    assert breaker.record_failure(0, permanent=True)
    assert not breaker.allows(1)


def test_each_way_has_its_own() -> None:
    """And those that rest are known by name."""
    breakers = CircuitBreakers()
    breakers.get("openai/a").record_failure(0, permanent=True)

    assert breakers.get("openai/b").allows(1)
    assert breakers.open_circuits(1) == ["openai/a"]
    assert breakers.open_circuits(11) == []
