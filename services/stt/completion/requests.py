"""Finds what the agent's question requests to be dictated, or what the caller's words announce. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.stt.completion.dictation import Dictated
from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import split_sentences, split_words

_MAX_ANNOUNCEMENT_WORDS = 12
"""Words before a dictation that may name its kind."""
_MAX_COUNT = 40


@dataclass(frozen=True, slots=True)
class Request:
    """A kind of dictation, and its length if that is given."""

    kind: str = ""
    """A key of `kinds` in the vocabularies, such as "phone"; empty if nothing is requested."""
    count: int = 0
    """The number of characters; 0 if it is not given."""
    open_question: bool = False
    """Whether a long answer is expected."""

    @property
    def is_dictation(self) -> bool:
        """Whether letters or digits are requested."""
        return self.kind not in ("", "quantity")


def find_request(agent_text: str, vocabularies: Sequence[Vocabulary]) -> Request:
    """Return what the last question or request of a text is about."""
    text = _latest_question(agent_text)
    words = " ".join(split_words(text))
    open_question = any(vocabulary.open_question.search(words) for vocabulary in vocabularies)
    if not _is_request(text, words, vocabularies):
        return Request(open_question=open_question)
    return Request(named_kind(words, vocabularies), _count(words, vocabularies), open_question)


def announced_kind(dictated: Dictated, text: str, vocabularies: Sequence[Vocabulary]) -> str:
    """Return the kind of dictation that the caller names: "my card number is"; empty if none is named."""
    words = dictated.before if dictated.items else split_words(text)
    if not words:
        return ""
    if not dictated.items and not any(_may_introduce(words[-1], vocabulary) for vocabulary in vocabularies):
        return ""
    kind = named_kind(" ".join(words[-_MAX_ANNOUNCEMENT_WORDS:]), vocabularies)
    return "" if kind == "quantity" else kind


def _may_introduce(last_word: str, vocabulary: Vocabulary) -> bool:
    """Whether a dictation may follow a text that ends with this word: "my number is"."""
    return last_word in vocabulary.copulas or not vocabulary.copulas


def named_kind(words: str, vocabularies: Sequence[Vocabulary]) -> str:
    """Return the first kind that the words name; empty if they name none."""
    kinds = dict.fromkeys(kind for vocabulary in vocabularies for kind in vocabulary.kinds)
    for kind in kinds:
        if any(kind in words_of.kinds and words_of.kinds[kind].search(words) for words_of in vocabularies):
            return kind
    return ""


def _latest_question(text: str) -> str:
    """The last question with what follows it, or the last two sentences."""
    sentences = split_sentences(text)
    for index in range(len(sentences) - 1, max(-1, len(sentences) - 4), -1):
        if "?" in sentences[index]:
            return " ".join(sentences[index:])
    return " ".join(sentences[-2:])


def _is_request(text: str, words: str, vocabularies: Sequence[Vocabulary]) -> bool:
    return "?" in text or any(vocabulary.request_forms.search(words) for vocabulary in vocabularies)


def _count(words: str, vocabularies: Sequence[Vocabulary]) -> int:
    for vocabulary in vocabularies:
        for match in vocabulary.count.finditer(words):
            name = next((group for group in match.groups() if group), "")
            digits = name if name.isdigit() else vocabulary.numbers.get((name,), "")
            if digits and 1 < int(digits) <= _MAX_COUNT:
                return int(digits)
    return 0
