"""Reads one file into a document, by its content and its name. No clock."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from parley.knowledge.chunking import divide
from parley.knowledge.document import Content, Document, UnreadableFile
from parley.knowledge.languages import detect, language_code
from parley.knowledge.sources.html import read_html, read_mhtml
from parley.knowledge.sources.markdown import read_markdown
from parley.knowledge.sources.pdf import read_pdf
from parley.knowledge.sources.text import read_text

MAX_TEXT_CHARS = 5_000_000
"""Longest text of one document; a small file can expand to more."""
_READERS: dict[str, Callable[[bytes], Content]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
    ".text": read_text,
    ".pdf": read_pdf,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".mhtml": read_mhtml,
    ".mht": read_mhtml,
}
SUFFIXES = frozenset(_READERS)
"""Suffixes of the files that can be indexed, in lower case."""


def read_document(path: Path, name: str, language: str = "", max_bytes: int | None = None) -> Document:
    """Read a file; `name` is its path below the folder, `language` applies if it is given.

    Raises:
        UnreadableFile: it cannot be indexed.
    """
    with path.open("rb") as file:
        data = file.read() if max_bytes is None else file.read(max_bytes + 1)
    if max_bytes is not None and len(data) > max_bytes:
        raise too_large(len(data), max_bytes)
    if not data.strip():
        raise UnreadableFile("it is empty", "write its text, or delete the file")
    content = _reader(name, data)(data)
    size = sum(len(block.text) for block in content.blocks)
    if size > MAX_TEXT_CHARS:
        raise UnreadableFile(
            f"its text has {size:,} characters, over the limit of {MAX_TEXT_CHARS:,}", "split it"
        )
    if not re.search(r"\w", "".join(block.text for block in content.blocks)):
        raise UnreadableFile("no text was found in it", "write its text, or delete the file")
    title = " ".join(content.title.split()) or _first_heading(content) or _title_of(name)
    passages = divide(name, title, content.blocks)
    text = " ".join(passage.text for passage in passages[:50])
    return Document(
        name,
        title,
        language_code(language or content.language) or detect(text),
        hashlib.sha256(data).hexdigest(),
        len(data),
        content.pages,
        passages,
        content.notes,
    )


def too_large(size: int, max_bytes: int) -> UnreadableFile:
    """Return the error for a file over the limit."""
    return UnreadableFile(
        f"it has {size / 1e6:,.1f} MB, over the limit of {max_bytes / 1e6:,.0f} MB",
        "split it, or raise the limit with --max-file-mb",
    )


def _reader(name: str, data: bytes) -> Callable[[bytes], Content]:
    suffix = PurePosixPath(name).suffix.lower()
    # A PDF is recognized by its first bytes: programs save it under any name.
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return read_pdf
    if suffix != ".pdf":
        return _READERS[suffix]
    if re.match(rb"\s*(<!doctype html|<html)", data[:200], re.IGNORECASE):
        raise UnreadableFile("it is a web page, not a PDF", "download the PDF again, or name it .html")
    return read_pdf


def _first_heading(content: Content) -> str:
    """Return the heading of the whole document: its only one of the highest level, at its beginning."""
    headings = [block.text for block in content.blocks if block.level == 1]
    return headings[0] if len(headings) == 1 and content.blocks[0].text == headings[0] else ""


def _title_of(name: str) -> str:
    return re.sub(r"[-_]+", " ", PurePosixPath(name).stem).strip() or name
