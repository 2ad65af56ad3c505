"""The order in which a request tries its routes."""

import math

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.route_selector import RetryPolicy, RouteSelector

DOWN = ProviderUnavailable("test", "down")
REJECTED = ProviderRejected("test", "no")


def tried(
    names: str,
    *,
    error: ProviderError = DOWN,
    policy: RetryPolicy | None = None,
    breakers: CircuitBreakers | None = None,
    times: int = 20,
    step_s: float = 0.01,
) -> str:
    """The routes that a request tries while each of them fails."""
    selector = RouteSelector(names, breakers or CircuitBreakers(), policy or RetryPolicy())
    found = ""
    for attempt in range(times):
        index = selector.next(attempt * step_s)
        if index is None:
            break
        found += names[index]
        selector.failed(index, error, attempt * step_s)
    return found


def test_each_route_is_tried_and_then_each_once_more() -> None:
    """The order is that of the agent file."""
    assert tried("abc") == "abcabc"
    assert tried("a") == "aa"


def test_the_same_route_may_come_first() -> None:
    """This suits a connection that is replaced at once."""
    assert tried("ab", policy=RetryPolicy(same_route_first=True)) == "aabb"


def test_after_a_timeout_another_provider_comes_first() -> None:
    """Then the provider's other routes, and at last the same route."""
    selector = RouteSelector("abc", CircuitBreakers(), RetryPolicy(same_route_first=True), ["x", "x", "y"])
    found = []
    while (index := selector.next(0.0)) is not None:
        found.append("abc"[index])
        selector.failed(index, ProviderTimeout("test", "silent") if index < 2 else DOWN, 0.0)
    assert found == ["a", "c", "c", "b", "a", "b"]


def test_a_rejected_request_is_not_repeated_on_its_route() -> None:
    """This holds in either order of the routes."""
    assert tried("abc", error=REJECTED) == "abc"
    assert tried("ab", error=REJECTED, policy=RetryPolicy(same_route_first=True)) == "ab"


def test_a_route_with_an_open_circuit_is_tried_last() -> None:
    """An open circuit is better than no route."""
    breakers = CircuitBreakers()
    breakers.get("a").record_failure(0, permanent=True)

    assert tried("ab", breakers=breakers, times=1) == "b"
    assert tried("a", breakers=breakers, times=1) == "a"


def test_failures_of_one_request_count_for_the_next() -> None:
    """Three failures within 30 s open the circuit for all calls of the process."""
    breakers = CircuitBreakers()
    tried("a", breakers=breakers)
    tried("a", breakers=breakers)

    assert tried("ab", breakers=breakers, times=1) == "b"


def test_an_endless_request_alternates_between_routes() -> None:
    """A connection that keeps being lost is reopened for as long as the call lasts."""
    policy = RetryPolicy(max_attempts=None, forget_after_s=10)

    assert tried("ab", policy=policy, times=6) == "ababab"
    assert tried("abc", policy=policy, times=6) == "abcabc"
    assert tried("a", error=REJECTED, policy=policy, times=4) == "aaaa"


def test_a_failure_is_forgotten() -> None:
    """After the policy's time the preferred route is tried first again."""
    policy = RetryPolicy(max_attempts=None, forget_after_s=10)

    assert tried("ab", policy=policy, times=4, step_s=11) == "aaaa"


def test_failures_may_be_limited_over_all_routes() -> None:
    """A request then ends although some routes have attempts left."""
    assert tried("ab", policy=RetryPolicy(max_failures=3)) == "aba"
    assert tried("abcd", error=REJECTED, policy=RetryPolicy(max_failures=3)) == "abc"


def test_the_remaining_attempts_are_counted() -> None:
    """The brain divides its time between them."""
    selector = RouteSelector("ab", CircuitBreakers(), RetryPolicy(max_failures=3))
    assert selector.attempts_left(0) == 3
    selector.failed(0, REJECTED, 0)
    assert selector.attempts_left(0) == 2
    selector.failed(1, DOWN, 0)
    assert selector.attempts_left(0) == 1
    selector.failed(1, DOWN, 0)
    assert selector.attempts_left(0) == 0
    assert RouteSelector("a", CircuitBreakers(), RetryPolicy(max_attempts=None)).attempts_left(0) == math.inf


def test_a_route_beside_the_one_in_use_is_another_one_if_possible() -> None:
    """A route with an open circuit is worse than a second connection of the same route."""
    breakers = CircuitBreakers()
    selector = RouteSelector("ab", breakers, RetryPolicy(max_attempts=None))
    assert (selector.next(0.0), selector.next(0.0, beside=0), selector.next(0.0, beside=1)) == (0, 1, 0)

    breakers.get("b").record_failure(0.0, permanent=True)
    assert selector.next(0.0, beside=0) == 0


def test_a_route_in_use_is_not_tried() -> None:
    """Routes of other providers come before others of the same one."""
    selector = RouteSelector("abc", CircuitBreakers(), RetryPolicy(), ["x", "x", "y"])
    assert selector.next(0.0) == 0
    assert selector.next(0.0, in_use=[0]) == 2
    assert selector.next(0.0, in_use=[0, 2]) == 1
    assert selector.next(0.0, in_use=[0, 1, 2]) is None
    selector.failed(2, REJECTED, 0.0)
    assert selector.next(0.0, in_use=[0]) == 1
