"""The words of one turn, as the vendor hears and corrects them. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word and its call time."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """One turn so far."""

    turn: int = 1
    final_text: str = ""
    interim_text: str = ""
    words: tuple[HeardWord, ...] = ()
    """Final ones only."""
    until_ms: int = 0
    """Call time up to which sound is finally accounted for."""

    @property
    def text(self) -> str:
        """What is final, then the guess."""
        return " ".join(part for part in (self.final_text, self.interim_text) if part)

    def guess(self, text: str) -> "Transcript":
        """The vendor's guess of what is not final yet."""
        return replace(self, interim_text=text.strip())

    def fix(self, text: str, words: Sequence[HeardWord], until_ms: int) -> "Transcript":
        """A stretch has become final."""
        final = " ".join(part for part in (self.final_text, text.strip()) if part)
        return replace(
            self,
            final_text=final,
            interim_text="",
            words=(*self.words, *words),
            until_ms=max(until_ms, self.until_ms),
        )

    def rewrite(self, text: str, words: Sequence[HeardWord], until_ms: int) -> "Transcript":
        """The whole turn as the vendor hears it now, from vendors that tell whole turns."""
        return replace(self, final_text="", interim_text=text.strip(), words=tuple(words), until_ms=until_ms)

    def next_turn(self) -> "Transcript":
        """Nothing of the next turn has been heard yet."""
        return Transcript(turn=self.turn + 1, until_ms=self.until_ms)
