"""Matches an utterance against phrases. No I/O."""

from collections.abc import Callable, Collection, Iterator

from services.brain.phrases.phrase_lists import Phrase
from services.brain.phrases.words import variants

MAX_WORDS = 24
"""Longer utterances are compared with no phrase."""


def ends_of(words: Phrase, start: int, phrases: Collection[Phrase]) -> Iterator[int]:
    """Yield the end of each phrase that begins at the word `start`."""
    max_words = max((len(phrase) for phrase in phrases), default=0)
    for end in range(start + 1, min(start + max_words, len(words)) + 1):
        if contains(phrases, words[start:end]):
            yield end


def contains(phrases: Collection[Phrase], words: Phrase) -> bool:
    """Whether the words are one of the phrases, perhaps drawn out."""
    if words in phrases:
        return True
    return len(words) == 1 and any((variant,) in phrases for variant in variants(words[0]))


def reachable(start: int, steps: Callable[[int], Iterator[int]]) -> set[int]:
    """Return every position that repeated steps reach from `start`, itself included."""
    found, pending = {start}, [start]
    while pending:
        for end in steps(pending.pop()):
            if end not in found:
                found.add(end)
                pending.append(end)
    return found
