"""Which model to ask: the agent's first one that is well, each again once. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers

_TRIES = 2
"""Of each model in one turn, over all its replies: one that always breaks off is not asked for ever."""


@dataclass(slots=True)
class ModelSelector:
    """One call's; failures count within a turn, and for the other calls of the process."""

    first: LlmConfig
    breakers: CircuitBreakers
    _turn: int = 0
    _failures: dict[str, int] = field(default_factory=dict)

    def next_model(self, turn: int, now_s: float) -> LlmConfig | None:
        """The next to be asked for this turn; None when nobody is left."""
        if turn != self._turn:
            self._turn, self._failures = turn, {}
        left = [name for name in self._names if self._failures.get(name, 0) < _TRIES]
        # One that rests is better than none.
        best = min(left, key=lambda name: self._preference(name, now_s), default=None)
        return None if best is None else self.first.model_copy(update={"model": best})

    def failed(self, thinking: LlmConfig, now_s: float, *, retryable: bool) -> bool:
        """It did not answer; True when the process begins to leave it alone."""
        self._failures[thinking.model] = self._failures.get(thinking.model, 0) + (1 if retryable else _TRIES)
        return self.breakers.get(_way(thinking.model)).record_failure(now_s, permanent=not retryable)

    def worked(self, thinking: LlmConfig) -> None:
        """It has begun to answer."""
        self.breakers.get(_way(thinking.model)).record_success()

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section.model for section in self.first.chain))

    def _preference(self, name: str, now_s: float) -> tuple[bool, int, int]:
        rests = not self.breakers.get(_way(name)).allows(now_s)
        return rests, self._failures.get(name, 0), self._names.index(name)


def _way(model: str) -> str:
    return f"openai/{model}"
