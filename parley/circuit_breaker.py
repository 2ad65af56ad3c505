"""Circuit breakers: who has just failed several times is left alone for a while. No I/O, no clock.

One process's calls share them, so that each need not find out for itself, and pay for it, that a provider is
down.
"""

from dataclasses import dataclass, field

_FAILURES = 3
_WITHIN_S = 30.0
_OPEN_S = 10.0


@dataclass(slots=True)
class CircuitBreaker:
    """One way to a provider."""

    _failed_at_s: list[float] = field(default_factory=list)
    _open_until_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Whether to go this way; after a rest one may try, and a failure then means another rest."""
        return now_s >= self._open_until_s

    def record_success(self) -> None:
        """All is well."""
        self._failed_at_s.clear()
        self._open_until_s = 0.0

    def record_failure(self, now_s: float, *, permanent: bool = False) -> bool:
        """It did not do its part, `for_good`: it said no, which it will again. True when its rest begins."""
        self._failed_at_s = [at_s for at_s in self._failed_at_s if now_s - at_s < _WITHIN_S] + [now_s]
        if not permanent and len(self._failed_at_s) < _FAILURES:
            return False
        began = self.allows(now_s)
        self._open_until_s = now_s + _OPEN_S
        return began


@dataclass(slots=True)
class CircuitBreakers:
    """One process's, by name of the way."""

    _by_name: dict[str, CircuitBreaker] = field(default_factory=dict)

    def get(self, name: str) -> CircuitBreaker:
        """That of a way, as in `openai/gpt-4.1-mini`."""
        return self._by_name.setdefault(name, CircuitBreaker())

    def open_circuits(self, now_s: float) -> list[str]:
        """Ways that nobody goes now."""
        return [name for name, breaker in self._by_name.items() if not breaker.allows(now_s)]
