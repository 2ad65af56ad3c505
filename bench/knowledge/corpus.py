"""A generated knowledge base whose word frequencies are those of real text, and questions about it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from parley.knowledge.chunking import divide
from parley.knowledge.document import Block, Document

_SYLLABLES = "ba ber con da den di fer ga gra hol ka lan ler lo ma men mo nar no pa per ra ri sol ta ter tra va ver".split()  # noqa: E501, SIM905
_COMMON = [
    "the",
    "of",
    "and",
    "to",
    "is",
    "in",
    "that",
    "it",
    "for",
    "you",
    "with",
    "are",
    "on",
    "your",
    "we",
    "be",
    "this",
    "have",
    "from",
    "or",
    "not",
    "can",
    "will",
    "what",
]
_FILLERS = ("hi um can you tell me about", "i would like to know", "what about", "yes hello it is about", "")
_VOCABULARY = 12_000
_SECTIONS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a caller, and the passage that answers it."""

    text: str
    passage_id: str


class Corpus:
    """Documents of about 100 words per passage; words follow Zipf's law."""

    def __init__(self, passages: int, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._words = self._vocabulary()
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self._words))))
        self.documents = self._documents(passages)

    def questions(self, count: int) -> list[Question]:
        """Return questions that contain some words of a passage, between words of speech."""
        passages = [passage for document in self.documents for passage in document.passages]
        questions = []
        for passage in self._random.sample(passages, count):
            words = [word for word in f"{passage.titles[-1]} {passage.text}".lower().split() if len(word) > 4]
            chosen = self._random.sample(words, min(len(words), self._random.randint(3, 6)))
            common = self._random.sample(_COMMON, 4)
            mixed = [word for pair in zip(common, chosen, strict=False) for word in pair]
            questions.append(
                Question(f"{self._random.choice(_FILLERS)} {' '.join(mixed)}", passage.passage_id)
            )
        return questions

    def _vocabulary(self) -> list[str]:
        words = set[str]()
        while len(words) < _VOCABULARY:
            words.add("".join(self._random.choices(_SYLLABLES, k=self._random.randint(2, 4))))
        return sorted(words, key=lambda _word: self._random.random())

    def _documents(self, passages: int) -> list[Document]:
        documents: list[Document] = []
        total = 0
        while total < passages:
            path = f"document-{len(documents):05}.md"
            blocks = [
                block
                for _ in range(min(_SECTIONS, passages - total))
                for block in (
                    Block(" ".join(self._sample(3)).capitalize(), 2),
                    Block(self._text(self._random.randint(60, 110))),
                )
            ]
            divided = divide(path, " ".join(self._sample(2)).capitalize(), blocks)
            documents.append(Document(path, divided[0].titles[0], "en", path, 0, 0, divided))
            total += len(divided)
        return documents

    def _text(self, count: int) -> str:
        words = [
            self._random.choice(_COMMON) if self._random.random() < 0.4 else word
            for word in self._sample(count)
        ]
        sentences = [" ".join(words[n : n + 12]).capitalize() for n in range(0, len(words), 12)]
        return ". ".join(sentences) + "."

    def _sample(self, count: int) -> Sequence[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)
