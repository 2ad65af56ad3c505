"""Selects the route that a request uses next. No I/O, no clock."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderTimeout


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and in which order a request tries its routes."""

    max_attempts: int | None = 2
    """Attempts per route within one request; a rejected request is not repeated on the same route."""
    max_failures: int | None = None
    """Failed attempts after which a request ends, over all routes."""
    same_route_first: bool = False
    """Whether the second attempt on a route precedes the next route."""
    forget_after_s: float = math.inf
    """A failure this long ago no longer counts; for open-ended requests, such as a connection."""
    healthy_after_s: float = math.inf
    """An attempt that fails after this time first counts as a success, then as a failure."""
    rate_limit_wait_s: float = 0.2
    """Pause after ProviderRateLimited."""


@dataclass(slots=True)
class RouteSelector:
    """The failures of one request, and the route to try next.

    Routes whose circuit is open come last: a route that may fail is better than none. After a timeout, routes
    of other providers come first, because another one of the same provider may cost the same time again.
    """

    names: Sequence[str]
    breakers: CircuitBreakers
    policy: RetryPolicy
    providers: Sequence[str] = ()
    """The provider of each route."""
    _failures: dict[int, list[float]] = field(default_factory=dict)
    _rejected: set[int] = field(default_factory=set)
    _timed_out: set[str] = field(default_factory=set)
    """Providers that did not respond in time."""

    def next(self, now_s: float, *, beside: int | None = None, in_use: Collection[int] = ()) -> int | None:
        """Return the index of the route to try; None when all attempts are used up.

        The route `beside` is in use, and tried only if no other one works. Those `in_use` are not tried, and
        others of their providers come after those of other providers.
        """
        if self._failures_left(now_s) <= 0:
            return None
        limit = self.policy.max_attempts
        left = [
            index
            for index in range(len(self.names))
            if index not in in_use
            and (limit is None or (self._count(index, now_s) < limit and index not in self._rejected))
        ]
        avoided = self._timed_out | {self._provider(index) for index in in_use}
        return min(left, key=lambda index: self._preference(index, now_s, beside, avoided), default=None)

    def attempts_left(self, now_s: float) -> float:
        """Return the number of attempts that may still be made; infinite without a limit."""
        limit = self.policy.max_attempts
        open_routes = [index for index in range(len(self.names)) if index not in self._rejected]
        left = (math.inf if limit is None else limit - self._count(index, now_s) for index in open_routes)
        return max(0, min(self._failures_left(now_s), sum(left)))

    def _failures_left(self, now_s: float) -> float:
        if self.policy.max_failures is None:
            return math.inf
        return self.policy.max_failures - sum(self._count(index, now_s) for index in self._failures)

    def failed(self, index: int, error: ProviderError, now_s: float) -> bool:
        """Count a failed attempt; return True if the route's circuit opens."""
        recent = [at_s for at_s in self._failures.get(index, ()) if self._counts(at_s, now_s)]
        self._failures[index] = [*recent, now_s]
        if not error.retryable:
            self._rejected.add(index)
        if isinstance(error, ProviderTimeout) and self.policy.same_route_first:
            self._timed_out.add(self._provider(index))
        return self.breakers.get(self.names[index]).record_failure(now_s, permanent=not error.retryable)

    def _preference(
        self, index: int, now_s: float, beside: int | None, avoided: Collection[str]
    ) -> tuple[bool, bool, bool, int, int]:
        circuit_open = not self.breakers.get(self.names[index]).allows(now_s)
        is_avoided = self._provider(index) in avoided
        # After a timeout, the same provider's other routes come before the same route.
        same_first = self.policy.same_route_first and not is_avoided
        failures = 0 if same_first else self._count(index, now_s)
        return circuit_open, index == beside, is_avoided, failures, index

    def _provider(self, index: int) -> str:
        return self.providers[index] if self.providers else self.names[index]

    def _count(self, index: int, now_s: float) -> int:
        return sum(self._counts(at_s, now_s) for at_s in self._failures.get(index, ()))

    def _counts(self, at_s: float, now_s: float) -> bool:
        return now_s - at_s <= self.policy.forget_after_s
