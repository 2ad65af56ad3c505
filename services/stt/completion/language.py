"""Chooses the vocabularies of a text. No I/O, no clock."""

import re
from collections.abc import Sequence

from services.stt.completion.vocabulary import LANGUAGES, Vocabulary, load_vocabulary
from services.stt.completion.words import split_words

_MULTILINGUAL = "multi"
_MAX_WORDS = 40
_DEVANAGARI = re.compile("[\u0900-\u097f]")


class TextLanguages:
    """The languages that an agent's callers may speak."""

    def __init__(self, tag: str) -> None:
        """Take a language tag, such as "pt-BR", or "multi" for all languages."""
        self._tag = tag
        language = tag.replace("_", "-").partition("-")[0].lower()
        languages = LANGUAGES if language == _MULTILINGUAL else (language,)
        self.all = tuple(load_vocabulary(name) for name in languages)

    def of(self, text: str, agent_text: str = "") -> Sequence[Vocabulary]:
        """Return the vocabularies that fit a text best, or those of the text before it; at least one.

        Words such as "no", "die" and "do" belong to several languages, and can end a sentence in one of them.
        """
        if len(self.all) == 1:
            return self.all
        by_text, by_agent = self._best(text), self._best(agent_text)
        both = [vocabulary for vocabulary in by_text if vocabulary in by_agent]
        return both or by_text or by_agent or self.all

    def tags(self, vocabularies: Sequence[Vocabulary]) -> Sequence[str]:
        """Return the language tags whose formats of numbers apply: the agent's, or those of the text."""
        if len(self.all) == 1:
            return (self._tag,)
        return tuple(vocabulary.language for vocabulary in vocabularies)

    def _best(self, text: str) -> Sequence[Vocabulary]:
        if _DEVANAGARI.search(text):
            return tuple(vocabulary for vocabulary in self.all if vocabulary.language == "hi")
        words = split_words(text)[-_MAX_WORDS:]
        scores = {vocabulary: sum(word in vocabulary.common for word in words) for vocabulary in self.all}
        best = max(scores.values())
        return tuple(v for v, score in scores.items() if score == best) if best else ()
