"""A document that was read, and the passages it is divided into. No I/O, no clock."""

from dataclasses import dataclass

from parley.errors import ParleyError


class UnreadableFile(ParleyError):
    """A file cannot be indexed; the text is the reason, `remedy` is what its author can do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document in reading order: a heading, or text below it."""

    text: str
    level: int = 0
    """1 to 6 for a heading, 0 for text."""
    page: int = 0
    """Page that the piece begins on; 0 if the document has no pages."""


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a document, and its own statements about itself."""

    blocks: tuple[Block, ...]
    title: str = ""
    """The title that the document gives itself; empty if none."""
    language: str = ""
    """The language that the document names; empty if none."""
    pages: int = 0
    notes: tuple[str, ...] = ()
    """Messages to its author about parts that could not be read, or were read by a guess."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document that is found and quoted as a whole."""

    passage_id: str
    """Depends on the document's path, the titles and the text only: an unchanged passage keeps its id."""
    titles: tuple[str, ...]
    """Titles of the sections it is in, the document's first."""
    text: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is ready to be stored."""

    path: str
    """Path below the folder, with `/` between its parts."""
    title: str
    language: str
    content_hash: str
    size: int
    pages: int
    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()
