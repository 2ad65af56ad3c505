"""Converts the events of one session to transcripts, in the order of the audio. No I/O, no clock.

An item is a stretch of audio that is committed; its deltas arrive before and after the commit. Transcripts of
later items may arrive before those of earlier ones, and wait for these.
"""

from collections import deque
from dataclasses import dataclass

from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent, UtteranceEnd, Word
from services.stt.providers.openai.commits import Commit

_MAX_ITEMS = 64
MAX_TEXT_CHARS = 20_000


@dataclass(slots=True)
class _Item:
    """A stretch of audio."""

    number: int
    """Number of its commit, from 1; 0 before the commit."""
    commit: Commit | None = None
    id: str = ""
    text: str = ""
    """The deltas so far, or the whole transcript."""
    completed: bool = False


class Items:
    """The items of one session whose transcripts are not complete."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque([_Item(0)])
        """In the order of the audio; the last one is not committed."""
        self._count = 0

    @property
    def outstanding(self) -> bool:
        """Whether a transcript of committed audio has not arrived."""
        return len(self._items) > 1

    def is_next(self, item_id: str) -> bool:
        """Whether the item is the one that is not committed, or will be once its first text is added."""
        return (self._find(item_id) or self._nameless()) is self._items[-1]

    def committed(self, commit: Commit) -> str:
        """Begin the next item; returns the id of the commit's event."""
        self._count += 1
        current = self._items[-1]
        current.commit, current.number = commit, self._count
        self._items.append(_Item(0))
        if len(self._items) > _MAX_ITEMS:
            self._items.popleft()
        return event_id(self._count)

    def refused(self, number: int) -> None:
        """Drop a commit that was refused; its audio belongs to no item."""
        for item in list(self._items):
            if item.number == number:
                self._items.remove(item)

    def named(self, item_id: str) -> None:
        """The service has named the oldest item whose id is unknown."""
        if self._find(item_id) is None:
            for item in self._items:
                if not item.id and item.commit is not None:
                    item.id = item_id
                    return

    def add_text(self, item_id: str, delta: str, start_ms: int, end_ms: int) -> InterimTranscript | None:
        """Append a delta; returns the text so far, or None for an unknown item.

        Args:
            item_id: the item that it belongs to.
            delta: text, with the space before it.
            start_ms: start of the words that are not committed, in call time.
            end_ms: end of the audio that the delta covers.
        """
        item = self._find(item_id) or self._nameless()
        if item is None or item.completed:
            return None
        item.id = item_id
        item.text = (item.text + delta)[:MAX_TEXT_CHARS]
        return self._interim(start_ms, end_ms)

    def complete(self, item_id: str, transcript: str) -> list[SttEvent]:
        """Set the transcript of an item; returns the transcripts that are now next."""
        item = self._find(item_id) or self._nameless()
        if item is None or item.commit is None:
            return []
        item.id = item_id
        item.text, item.completed = transcript[:MAX_TEXT_CHARS], True
        events: list[SttEvent] = []
        while self._items[0].completed and (commit := self._items[0].commit) is not None:
            events += _final(self._items.popleft().text.strip(), commit)
        return events

    def _find(self, item_id: str) -> _Item | None:
        return next((item for item in self._items if item.id == item_id), None)

    def _nameless(self) -> _Item | None:
        """The oldest item without an id: an id that is new belongs to it."""
        return next((item for item in self._items if not item.id), None)

    def _interim(self, start_ms: int, end_ms: int) -> InterimTranscript:
        parts: list[str] = []
        words: list[Word] = []
        for item in self._items:
            text = item.text.strip()
            if not text:
                continue
            parts.append(text)
            if (commit := item.commit) is not None:
                words += estimated_words(text, *commit.speech(len(text)))
            else:
                words += estimated_words(text, min(start_ms, end_ms), end_ms)
        return InterimTranscript(" ".join(parts), tuple(words), end_ms)


def event_id(number: int) -> str:
    """The id of a commit's event, which an error about it names."""
    return f"commit_{number}"


def commit_number(named: object) -> int | None:
    """The number in the id of a commit's event; None for another id."""
    if not isinstance(named, str) or not named.startswith("commit_"):
        return None
    digits = named.removeprefix("commit_")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def estimated_words(text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words with times in proportion to their letters; OpenAI sends no times."""
    texts = text.split()
    letters = sum(map(len, texts))
    words: list[Word] = []
    position = 0
    for word in texts:
        begin = start_ms + (end_ms - start_ms) * position // letters
        position += len(word)
        words.append(Word(word, begin, start_ms + (end_ms - start_ms) * position // letters, 0.0))
    return tuple(words)


def _final(text: str, commit: Commit) -> list[SttEvent]:
    words = estimated_words(text, *commit.speech(len(text)))
    final = FinalTranscript(text, words, commit.end_ms, commit.pause_ms > 0 and bool(text))
    if commit.no_more_words and words:
        return [final, UtteranceEnd(words[-1].end_ms)]
    return [final]
