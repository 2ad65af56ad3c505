"""The words of one turn, as the provider hears and corrects them. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parley.providers.stt import Word


@dataclass(frozen=True, slots=True)
class Transcript:
    """One turn so far."""

    turn: int = 1
    final_text: str = ""
    interim_text: str = ""
    words: tuple[Word, ...] = ()
    """Final ones only."""
    final_end_ms: int = 0
    """Call time up to which sound is finally accounted for."""
    interim_end_ms: int = 0
    """Call time up to which the guess reaches."""
    closed_until_ms: int = 0
    """What lies before belongs to turns that are over, whatever the provider still says of it."""

    @property
    def text(self) -> str:
        """What is final, then the guess."""
        return " ".join(part for part in (self.final_text, self.interim_text) if part)

    @property
    def end_ms(self) -> int:
        """Call time up to which `text` reaches."""
        return max(self.final_end_ms, self.interim_end_ms if self.interim_text else 0)

    def with_interim(self, text: str, words: Sequence[Word] = (), until_ms: int = 0) -> "Transcript":
        """The provider's guess of what is not final yet."""
        text, _ = self._after_closed_turns(text, words)
        return replace(self, interim_text=text, interim_end_ms=until_ms)

    def with_final(self, text: str, words: Sequence[Word], until_ms: int) -> "Transcript":
        """A stretch has become final."""
        text, words = self._after_closed_turns(text, words)
        final = " ".join(part for part in (self.final_text, text) if part)
        return replace(
            self,
            final_text=final,
            interim_text="",
            words=(*self.words, *words),
            final_end_ms=max(until_ms, self.final_end_ms),
        )

    def replace_turn(self, text: str, words: Sequence[Word], until_ms: int) -> "Transcript":
        """The whole turn as the provider hears it now, from providers that tell whole turns."""
        return replace(
            self,
            final_text="",
            interim_text=text.strip(),
            words=tuple(words),
            interim_end_ms=until_ms,
        )

    def finalize(self) -> "Transcript":
        """The provider has said its last word on the turn: all of it is final."""
        return replace(self, final_text=self.text, interim_text="", final_end_ms=self.end_ms)

    def next_turn(self) -> "Transcript":
        """Nothing of the next turn has been heard yet."""
        return Transcript(turn=self.turn + 1, final_end_ms=self.end_ms, closed_until_ms=self.end_ms)

    def _after_closed_turns(self, text: str, words: Sequence[Word]) -> tuple[str, tuple[Word, ...]]:
        """Late final words of a turn that ended on an interim transcript."""
        fresh = tuple(word for word in words if word.start_ms + word.end_ms >= 2 * self.closed_until_ms)
        if len(fresh) == len(words):
            return text.strip(), fresh
        return " ".join(word.text for word in fresh), fresh
