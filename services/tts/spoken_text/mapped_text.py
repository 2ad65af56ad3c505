"""A text that is rewritten step by step, with the origin of each character. No I/O."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Piece: TypeAlias = str | tuple[int, int]
"""New text, or a span of the old text to keep."""
Replacement: TypeAlias = str | Sequence[Piece] | None
"""The replacement of a match; None leaves it unchanged."""


@dataclass(frozen=True, slots=True)
class MappedText:
    """A text, and for each of its characters the offset in the original text."""

    text: str
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "MappedText":
        """A text that nothing has been changed in yet."""
        return cls(text, tuple(range(len(text))))

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, span: slice) -> "MappedText":
        return MappedText(self.text[span], self.offsets[span])

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], Replacement]) -> "MappedText":
        """Replace the matches of a pattern; kept spans keep their offsets, new text gets those it replaces."""
        texts: list[str] = []
        offsets: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            replacement = replace(match)
            if replacement is None:
                continue
            self._copy(texts, offsets, done, match.start())
            pieces = [replacement] if isinstance(replacement, str) else list(replacement)
            self._write(texts, offsets, pieces, match.start(), match.end())
            done = match.end()
        if not done and not texts:
            return self
        self._copy(texts, offsets, done, len(self.text))
        return MappedText("".join(texts), tuple(offsets))

    def remove(self, pattern: re.Pattern[str]) -> "MappedText":
        """Delete the matches of a pattern."""
        return self.sub(pattern, lambda _: "")

    def _copy(self, texts: list[str], offsets: list[int], start: int, end: int) -> None:
        texts.append(self.text[start:end])
        offsets += self.offsets[start:end]

    def _write(
        self, texts: list[str], offsets: list[int], pieces: Sequence[Piece], start: int, end: int
    ) -> None:
        """Append the pieces that replace a span. A new piece covers the text between the spans that it separates."""
        at = start
        for number, piece in enumerate(pieces):
            if isinstance(piece, tuple):
                self._copy(texts, offsets, *piece)
                at = piece[1]
                continue
            following = next((p[0] for p in pieces[number + 1 :] if isinstance(p, tuple)), end)
            texts.append(piece)
            offsets += self._spread(len(piece), at, following)

    def _spread(self, count: int, start: int, end: int) -> Iterable[int]:
        """The offsets of `count` characters that replace a span, in proportion."""
        if start >= len(self.text):
            return [self.offsets[-1] if self.offsets else 0] * count
        width = max(1, end - start)
        return [self.offsets[min(start + k * width // count, len(self.text) - 1)] for k in range(count)]


def joined(parts: Iterable[MappedText]) -> MappedText:
    """The parts one after another."""
    found = list(parts)
    return MappedText("".join(p.text for p in found), tuple(o for p in found for o in p.offsets))


def split_around(text: MappedText, pattern: re.Pattern[str]) -> list[tuple[MappedText, bool]]:
    """Split a text into parts with a flag: whether the part matches the pattern."""
    spans = [match.span() for match in pattern.finditer(text.text)]
    bounds = [0, *(at for span in spans for at in span), len(text)]
    return [(text[start:end], n % 2 == 1) for n, (start, end) in enumerate(pairwise(bounds)) if end > start]
