"""Compares the turns that the owner and a shadow detect in the same call. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.v1.speech_pb2 import TurnEnded

_SAME_TURN_MS = 1500
"""Two turns whose speech ends within this time of each other are the same turn."""
_MIN_DELAY_MS = 100
"""A smaller difference between the times of two decisions is not reported."""


@dataclass(frozen=True, slots=True)
class TurnDifference:
    """A difference between the turns; contains no transcript."""

    kind: str
    """"words", "missed", "extra", "slower", "quicker"."""
    at_ms: int
    """Call time of the end of speech."""
    amount: int = 0
    """Number of different words, or milliseconds."""


@dataclass(frozen=True, slots=True)
class _Turn:
    text: str
    end_ms: int
    decided_ms: int


@dataclass(slots=True)
class ShadowDiff:
    """The turns of one call that only the owner or only the shadow has ended so far."""

    _live: list[_Turn] = field(default_factory=list)
    _shadow: list[_Turn] = field(default_factory=list)

    def on_live(self, ended: TurnEnded, decided_ms: int) -> list[TurnDifference]:
        """Compare a turn that the owner ended."""
        return self._match(_turn(ended, decided_ms), self._live, self._shadow)

    def on_shadow(self, ended: TurnEnded, decided_ms: int) -> list[TurnDifference]:
        """Compare a turn that the shadow ended."""
        return self._match(_turn(ended, decided_ms), self._shadow, self._live)

    def close(self) -> list[TurnDifference]:
        """Return the turns that only one of them detected; call this when the call has ended."""
        missed = [TurnDifference("missed", turn.end_ms) for turn in self._live]
        return missed + [TurnDifference("extra", turn.end_ms) for turn in self._shadow]

    def _match(self, turn: _Turn, mine: list[_Turn], others: list[_Turn]) -> list[TurnDifference]:
        same = next((other for other in others if abs(other.end_ms - turn.end_ms) <= _SAME_TURN_MS), None)
        if same is None:
            mine.append(turn)
            return []
        others.remove(same)
        live, shadow = (turn, same) if mine is self._live else (same, turn)
        return list(_differences(live, shadow))


def _turn(ended: TurnEnded, decided_ms: int) -> _Turn:
    return _Turn(ended.text, ended.speech_end_ms, decided_ms)


def _differences(live: _Turn, shadow: _Turn) -> list[TurnDifference]:
    differences: list[TurnDifference] = []
    words = set(live.text.lower().split()) ^ set(shadow.text.lower().split())
    if words:
        differences.append(TurnDifference("words", live.end_ms, len(words)))
    later_ms = shadow.decided_ms - live.decided_ms
    if abs(later_ms) >= _MIN_DELAY_MS:
        differences.append(
            TurnDifference("slower" if later_ms > 0 else "quicker", live.end_ms, abs(later_ms))
        )
    return differences
