"""Which model to ask: the agent's first one that is well, each again once. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.agent import Thinking
from parley.breaker import Breakers

_TRIES = 2
"""Of each model in one turn, over all its replies: one that always breaks off is not asked for ever."""


@dataclass(slots=True)
class Choice:
    """One call's; failures count within a turn, and for the other calls of the process."""

    first: Thinking
    breakers: Breakers
    _turn: int = 0
    _failures: dict[str, int] = field(default_factory=dict)

    def model(self, turn: int, now_s: float) -> Thinking | None:
        """The next to be asked for this turn; None when nobody is left."""
        if turn != self._turn:
            self._turn, self._failures = turn, {}
        left = [name for name in self._names if self._failures.get(name, 0) < _TRIES]
        # One that rests is better than none.
        best = min(left, key=lambda name: self._preference(name, now_s), default=None)
        return None if best is None else self.first.model_copy(update={"model": best})

    def failed(self, thinking: Thinking, now_s: float, *, retryable: bool) -> bool:
        """It did not answer; True when the process begins to leave it alone."""
        self._failures[thinking.model] = self._failures.get(thinking.model, 0) + (1 if retryable else _TRIES)
        return self.breakers.of(_way(thinking.model)).failed(now_s, for_good=not retryable)

    def worked(self, thinking: Thinking) -> None:
        """It has begun to answer."""
        self.breakers.of(_way(thinking.model)).worked()

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.first.model, *self.first.other_models)))

    def _preference(self, name: str, now_s: float) -> tuple[bool, int, int]:
        rests = not self.breakers.of(_way(name)).allows(now_s)
        return rests, self._failures.get(name, 0), self._names.index(name)


def _way(model: str) -> str:
    return f"openai/{model}"
