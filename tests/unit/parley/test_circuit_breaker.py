"""Routes that have failed are skipped for some time."""

from parley.circuit_breaker import CircuitBreaker, CircuitBreakers


def test_three_failures_open_the_circuit() -> None:
    """It opens once; after 10 s one attempt is allowed, and its failure opens it again."""
    breaker = CircuitBreaker()

    assert [breaker.record_failure(at_s) for at_s in (0, 1, 2)] == [False, False, True]
    assert [breaker.allows(at_s) for at_s in (3, 11, 12)] == [False, False, True]
    assert breaker.record_failure(12)
    assert not breaker.allows(13)


def test_failures_far_apart_do_not_open_the_circuit() -> None:
    """Failures before a success do not open it either."""
    breaker = CircuitBreaker()

    assert not any(breaker.record_failure(at_s) for at_s in (0, 20, 40, 60))
    breaker.record_success()
    assert not breaker.record_failure(61)
    assert not breaker.record_failure(62)


def test_a_permanent_failure_opens_the_circuit_at_once() -> None:
    """A wrong key, for example, will still be wrong at the next attempt."""
    breaker = CircuitBreaker()

    assert breaker.record_failure(0, permanent=True)
    assert not breaker.allows(1)


def test_each_route_has_its_own_breaker() -> None:
    """Open circuits are listed by the name of the route."""
    breakers = CircuitBreakers()
    breakers.get("openai/a").record_failure(0, permanent=True)

    assert breakers.get("openai/b").allows(1)
    assert breakers.open_circuits(1) == ["openai/a"]
    assert breakers.open_circuits(11) == []
