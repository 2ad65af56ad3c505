"""Divides a document into passages of about one paragraph. No I/O, no clock."""

import hashlib
import re
from collections.abc import Iterator, Sequence

from parley.knowledge.document import Block, Passage

MAX_CHARS = 1200
"""Longest passage: a model reads a few of them within a turn."""
TARGET_CHARS = 800
"""Blocks of a section are joined up to this length."""
OVERLAP_CHARS = 160
"""At most this much of a passage's end is repeated in the next one of its section, in whole sentences."""
_MAX_TITLE_CHARS = 200
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026\u3002\u0964])[\"'\u201d\u2019)\]]?\s+")


def divide(path: str, title: str, blocks: Sequence[Block]) -> tuple[Passage, ...]:
    """Return the passages of a document.

    A passage never crosses a heading, so that its titles apply to all of it.
    """
    passages: list[Passage] = []
    seen: dict[str, int] = {}
    for titles, section in _sections(title, blocks):
        for text, page in _texts(section):
            passages.append(Passage(_passage_id(path, titles, text, seen), titles, text, page))
    return tuple(passages)


def _sections(title: str, blocks: Sequence[Block]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield the titles and the text of each section; one without text or subsections is its own text."""
    open_titles: list[tuple[int, str]] = []
    section: list[Block] = []
    last: Block | None = None

    def titles() -> tuple[str, ...]:
        path = [title, *(text for _, text in open_titles)]
        return tuple(text for number, text in enumerate(path) if text and text not in path[:number])

    for block in blocks:
        if not block.level:
            section.append(block)
            last = None
            continue
        if section:
            yield titles(), section
            section = []
        elif last is not None and last.level >= block.level:
            yield titles(), [last]
        while open_titles and open_titles[-1][0] >= block.level:
            open_titles.pop()
        open_titles.append((block.level, block.text[:_MAX_TITLE_CHARS]))
        last = block
    if section:
        yield titles(), section
    elif last is not None:
        yield titles(), [last]


def _texts(section: Sequence[Block]) -> Iterator[tuple[str, int]]:
    """Yield text and page of each passage of a section."""
    pieces = [(piece, block.page) for block in section for piece in _pieces(block.text)]
    current: list[str] = []
    length = page = 0
    for number, (piece, piece_page) in enumerate(pieces):
        if current and length + 1 + len(piece) > (TARGET_CHARS if length >= TARGET_CHARS // 2 else MAX_CHARS):
            yield "\n".join(current), page
            overlap = _overlap(current[-1], pieces[number - 1][0])
            current = [overlap] if overlap and len(overlap) + 1 + len(piece) <= MAX_CHARS else []
            length = sum(map(len, current))
            page = pieces[number - 1][1] if current else piece_page
        if not current:
            page = piece_page
        current.append(piece)
        length += 1 + len(piece)
    if current:
        yield "\n".join(current), page


def _overlap(text: str, last_piece: str) -> str:
    """Return the whole sentences at the end of a passage that fit in the overlap."""
    overlap = ""
    for sentence in reversed(_SENTENCE_END.split(text if len(text) < len(last_piece) else last_piece)):
        longer = f"{sentence} {overlap}".strip()
        if len(longer) > OVERLAP_CHARS:
            break
        overlap = longer
    return overlap


def _pieces(text: str) -> Iterator[str]:
    """Yield a block in pieces that fit in a passage: sentences, or words if a sentence is too long."""
    if len(text) <= TARGET_CHARS:
        yield text
        return
    current = ""
    for sentence in _SENTENCE_END.split(text):
        for part in _hard_pieces(sentence):
            if current and len(current) + 1 + len(part) > TARGET_CHARS // 2:
                yield current
                current = ""
            current = f"{current} {part}".strip()
    if current:
        yield current


def _hard_pieces(sentence: str) -> Iterator[str]:
    while len(sentence) > TARGET_CHARS:
        end = sentence.rfind(" ", TARGET_CHARS // 2, TARGET_CHARS)
        end = end if end > 0 else TARGET_CHARS
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence


def _passage_id(path: str, titles: Sequence[str], text: str, seen: dict[str, int]) -> str:
    digest = hashlib.sha256("\0".join([path, *titles, "", text]).encode()).hexdigest()[:20]
    seen[digest] = seen.get(digest, 0) + 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
