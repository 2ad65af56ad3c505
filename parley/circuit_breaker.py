"""Circuit breakers: a route that has failed three times in 30 s is tried last for 10 s. No I/O, no clock.

All calls of a process share them, so that not every call has to detect for itself that a provider is down.
"""

from dataclasses import dataclass, field

_FAILURES = 3
_WITHIN_S = 30.0
_OPEN_S = 10.0


@dataclass(slots=True)
class CircuitBreaker:
    """Recent failures of one route to a provider."""

    _failed_at_s: list[float] = field(default_factory=list)
    _open_until_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Whether the circuit is closed. It closes after 10 s; then one failure opens it again."""
        return now_s >= self._open_until_s

    def record_success(self) -> None:
        """Close the circuit and forget earlier failures."""
        self._failed_at_s.clear()
        self._open_until_s = 0.0

    def record_failure(self, now_s: float, *, permanent: bool = False) -> bool:
        """Count a failure; one permanent failure opens the circuit at once. True when it opens."""
        self._failed_at_s = [at_s for at_s in self._failed_at_s if now_s - at_s < _WITHIN_S] + [now_s]
        if not permanent and len(self._failed_at_s) < _FAILURES:
            return False
        opened = self.allows(now_s)
        self._open_until_s = now_s + _OPEN_S
        return opened


@dataclass(slots=True)
class CircuitBreakers:
    """The circuit breakers of one process, by route name."""

    _by_name: dict[str, CircuitBreaker] = field(default_factory=dict)

    def get(self, name: str) -> CircuitBreaker:
        """The breaker of a route, for example `openai/gpt-6-luna`."""
        return self._by_name.setdefault(name, CircuitBreaker())

    def open_circuits(self, now_s: float) -> list[str]:
        """Names of the routes whose circuit is open."""
        return [name for name, breaker in self._by_name.items() if not breaker.allows(now_s)]
