"""Two transcribers' turns of the same call, side by side. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.v1.speech_pb2 import TurnEnded

_SAME_TURN_MS = 1500
"""Turns whose voices end this close to one another are the same."""
_MIN_DELAY_MS = 100
"""Who decides so much later than the other is slower."""


@dataclass(frozen=True, slots=True)
class TurnDifference:
    """Of one turn; holds nothing of what was said."""

    kind: str
    """"words", "missed", "extra", "slower", "quicker"."""
    at_ms: int
    """Call time of the voice's end."""
    amount: int = 0
    """Words that differ, or milliseconds."""


@dataclass(frozen=True, slots=True)
class _Turn:
    text: str
    end_ms: int
    decided_ms: int


@dataclass(slots=True)
class ShadowDiff:
    """One call's; the live one's turns and the shadow's, each as it is decided."""

    _live: list[_Turn] = field(default_factory=list)
    _shadow: list[_Turn] = field(default_factory=list)

    def on_live(self, said: TurnEnded, decided_ms: int) -> list[TurnDifference]:
        """The live one has ended a turn."""
        return self._match(_turn(said, decided_ms), self._live, self._shadow)

    def on_shadow(self, said: TurnEnded, decided_ms: int) -> list[TurnDifference]:
        """The shadow has."""
        return self._match(_turn(said, decided_ms), self._shadow, self._live)

    def close(self) -> list[TurnDifference]:
        """The call has ended: who has no partner was heard by one only."""
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


def _turn(said: TurnEnded, decided_ms: int) -> _Turn:
    return _Turn(said.text, said.speech_end_ms, decided_ms)


def _differences(live: _Turn, shadow: _Turn) -> list[TurnDifference]:
    found: list[TurnDifference] = []
    words = set(live.text.lower().split()) ^ set(shadow.text.lower().split())
    if words:
        found.append(TurnDifference("words", live.end_ms, len(words)))
    later_ms = shadow.decided_ms - live.decided_ms
    if abs(later_ms) >= _MIN_DELAY_MS:
        found.append(TurnDifference("slower" if later_ms > 0 else "quicker", live.end_ms, abs(later_ms)))
    return found
