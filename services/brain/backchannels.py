"""Backchannels: words such as "uh-huh" that only signal the speaker to continue. No I/O."""

from collections.abc import Iterator

from services.brain.phrases.matching import MAX_WORDS, ends_of, reachable
from services.brain.phrases.phrase_lists import Phrase, Phrases, phrases_for
from services.brain.phrases.words import is_interrogative, words_joined, words_of


def is_backchannel(text: str, phrases: Phrases | None = None) -> bool:
    """Whether the text consists of backchannels; False for an empty text and for a question like "huh?".

    Without `phrases`, those of English.
    """
    phrases = phrases_for("en") if phrases is None else phrases
    spellings = {words_of(text), words_joined(text)}
    if any(words in phrases.not_backchannels for words in spellings):
        return False
    return any(
        _consists_of_backchannels(words, phrases, interrogative=is_interrogative(text)) for words in spellings
    )


def affirms(text: str, phrases: Phrases) -> bool:
    """Whether the text is a backchannel that also means "yes"."""
    words = words_of(text)
    return is_backchannel(text, phrases) and any(
        True for start in range(len(words)) for _ in ends_of(words, start, phrases.affirmations)
    )


def _consists_of_backchannels(words: Phrase, phrases: Phrases, *, interrogative: bool) -> bool:
    if not 0 < len(words) <= MAX_WORDS:
        return False

    def backchannels(start: int) -> Iterator[int]:
        yield from ends_of(words, start, phrases.affirmations)
        # "Okay?" may be intonation; "huh?" and "really?" need an answer.
        if not interrogative:
            yield from ends_of(words, start, phrases.backchannels)
            if any(pattern.fullmatch(words[start]) for pattern in phrases.patterns):
                yield start + 1

    def steps(start: int) -> Iterator[int]:
        if start < len(words):
            yield from backchannels(start)
            yield from ends_of(words, start, phrases.accompaniments)

    found = reachable(0, steps)
    return len(words) in found and any(True for start in found - {len(words)} for _ in backchannels(start))
