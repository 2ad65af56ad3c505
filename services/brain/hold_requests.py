"""Requests of the caller to wait: "hold on a second, let me look". No I/O."""

from collections.abc import Iterator

from services.brain.phrases.matching import MAX_WORDS, ends_of, reachable
from services.brain.phrases.phrase_lists import Phrase, Phrases
from services.brain.phrases.words import is_interrogative, words_of
from services.brain.questions import is_question

_MAX_REASON_WORDS = 14


def is_hold_request(text: str, phrases: Phrases) -> bool:
    """Whether the text is a request to wait, and nothing else that needs an answer.

    "Hold on a second, let me look" does, "hold on, that's wrong" does not.
    """
    words = words_of(text)
    if not words or any(True for start in range(len(words)) for _ in ends_of(words, start, phrases.not_hold)):
        return False
    if len(words) <= MAX_WORDS and _is_request(words, phrases, interrogative=is_interrogative(text)):
        return True
    return not is_question(text, phrases) and any(
        words[-len(end) :] == end and len(words) > len(end) for end in phrases.hold_ends
    )


def _is_request(words: Phrase, phrases: Phrases, *, interrogative: bool) -> bool:
    def leads(start: int) -> Iterator[int]:
        if start < len(words):
            yield from ends_of(words, start, phrases.hold_leads)
            yield from ends_of(words, start, phrases.accompaniments)

    def follows(start: int) -> Iterator[int]:
        if start < len(words):
            yield from ends_of(words, start, phrases.hold_follows)
            yield from ends_of(words, start, phrases.hold)

    before = reachable(0, leads)
    after = {
        end
        for start in before
        for first in ends_of(words, start, phrases.hold)
        for end in reachable(first, follows)
    }
    if len(words) in after:
        return True
    if interrogative:
        return False
    if _gives_reason(words, after, phrases.hold_reasons):
        return True
    alone = {start for start in before if not any(True for _ in ends_of(words, start, phrases.not_alone))}
    return _gives_reason(words, alone, phrases.hold_alone)


def _gives_reason(words: Phrase, starts: set[int], reasons: frozenset[Phrase]) -> bool:
    return any(
        len(words) - start <= _MAX_REASON_WORDS and any(True for _ in ends_of(words, start, reasons))
        for start in starts
    )
