"""Exports which routes to providers have an open circuit."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from parley.circuit_breaker import CircuitBreaker
from parley.telemetry.catalogue.providers import PROVIDER_CIRCUIT_OPEN
from parley.telemetry.collected import Collected, Values

_MAX_ROUTES = 256


class CircuitStates:
    """The circuit breakers of one process; they are read when scraped, because a circuit closes with time."""

    def __init__(
        self,
        registry: CollectorRegistry | None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now_s = now_s
        self._breakers: dict[tuple[str, str, str], CircuitBreaker] = {}
        if registry is not None:
            registry.register(Collected(PROVIDER_CIRCUIT_OPEN, self._values))

    def watch(self, provider: str, model: str, route: str, breaker: CircuitBreaker) -> None:
        """Export the breaker of a route from now on."""
        if len(self._breakers) < _MAX_ROUTES:
            self._breakers[provider, model, route] = breaker

    def _values(self) -> Values:
        """By provider and model: 1 if any of their routes, which differ in voice or region, is open."""
        values: dict[tuple[str, ...], float] = {}
        now_s = self._now_s()
        for (provider, model, _), breaker in self._breakers.items():
            is_open = not breaker.allows(now_s)
            values[provider, model] = max(values.get((provider, model), 0.0), float(is_open))
        return values
