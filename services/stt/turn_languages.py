"""The languages of one turn, from what the provider detects in its parts. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TurnLanguages:
    """The languages of the final words and of the latest transcript."""

    final_words: tuple[tuple[str, int], ...] = ()
    """Number of final words by language."""
    latest: tuple[str, ...] = ()
    """Languages of the transcript that is not final yet."""

    @property
    def tags(self) -> tuple[str, ...]:
        """All languages, that with the most words first."""
        by_words = sorted(self.final_words, key=lambda entry: -entry[1])
        return tuple(dict.fromkeys((*(tag for tag, _ in by_words), *self.latest)))

    def with_latest(self, tags: Sequence[str]) -> "TurnLanguages":
        """Replace the languages of the transcript that is not final."""
        return replace(self, latest=tuple(tags))

    def with_final(self, tags: Sequence[str], words: int) -> "TurnLanguages":
        """Add a final transcript with this many words, most of them in the first language."""
        counts = dict(self.final_words)
        for number, tag in enumerate(tags):
            counts[tag] = counts.get(tag, 0) + (words if number == 0 else 0)
        return TurnLanguages(tuple(counts.items()))
