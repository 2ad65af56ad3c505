"""Reads PDF files: the text of each page, with the bookmarks as headings. No clock."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError, WrongPasswordError

from parley.knowledge.document import Block, Content, UnreadableFile
from parley.knowledge.sources.text import clean

_MAX_PAGES = 5000
_MAX_BOOKMARKS = 5000
_MIN_PAGES_FOR_MARGINS = 4
_MARGIN_SHARE = 0.6
"""A line at the top or bottom of more than this share of the pages is a header or footer."""
_BROKEN = "save or print it again as PDF, or repair it with another program"
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u2010]\n(?=[a-z\u00df-\u00ff])")
_SCAN = "run text recognition (OCR) over it, for example with ocrmypdf"
_ENCRYPTED = "save a copy without a password"


def read_pdf(data: bytes) -> Content:
    """Read a PDF file.

    Raises:
        UnreadableFile: it is damaged, encrypted, without text, or has too many pages.
    """
    try:
        return _read(PdfReader(io.BytesIO(data)))
    except UnreadableFile:
        raise
    except (FileNotDecryptedError, WrongPasswordError):
        raise UnreadableFile("it is encrypted with a password", _ENCRYPTED) from None
    except DependencyError:
        raise UnreadableFile("its encryption is not supported", _ENCRYPTED) from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # damaged files raise errors of all kinds in a parser
        kind = "" if isinstance(error, PyPdfError) else f" ({type(error).__name__})"
        raise UnreadableFile(f"it is not a valid PDF{kind}", _BROKEN) from None


def _read(reader: PdfReader) -> Content:
    # Many files are encrypted only against changes: their password for reading is empty.
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFile("it is encrypted with a password", _ENCRYPTED)
    count = len(reader.pages)
    if not count:
        raise UnreadableFile("it has no pages", _BROKEN)
    if count > _MAX_PAGES:
        raise UnreadableFile(f"it has {count} pages, over the limit of {_MAX_PAGES}", "split it")
    pages, damaged = _texts(reader)
    if len(damaged) == count:
        raise UnreadableFile("none of its pages can be read", _BROKEN)
    if not any(re.search(r"\w", page) for page in pages):
        raise UnreadableFile("its pages have no text: it is probably scanned", _SCAN)
    notes = [f"page {number} cannot be read and was left out" for number in damaged[:3]]
    blank = sum(not re.search(r"\w", page) for page in pages) - len(damaged)
    if blank * 2 > count:
        notes.append(f"{blank} of {count} pages have no text and may be scanned: {_SCAN}")
    return Content(
        tuple(_blocks(_without_margins(pages), _bookmarks(reader))),
        title=_title(reader),
        language=_language(reader),
        pages=count,
        notes=tuple(notes),
    )


def _texts(reader: PdfReader) -> tuple[list[str], list[int]]:
    """Return the text of each page, and the numbers of the pages that cannot be read."""
    pages, damaged = [], []
    for number, page in enumerate(reader.pages, 1):
        try:
            pages.append(clean(page.extract_text()))
        except (MemoryError, RecursionError):
            raise
        except Exception:  # one damaged page leaves the others readable
            pages.append("")
            damaged.append(number)
    return pages, damaged


def _without_margins(pages: Sequence[str]) -> list[list[str]]:
    """Return the lines of each page, without the headers and footers that pages have in common."""
    lines = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    if len(pages) < _MIN_PAGES_FOR_MARGINS:
        return lines
    counts = Counter(key for page in lines for key in {_margin_key(line) for line in (*page[:2], *page[-2:])})
    common = {key for key, count in counts.items() if count > _MARGIN_SHARE * len(pages)}
    return [
        [
            line
            for number, line in enumerate(page)
            if not ((number < 2 or number >= len(page) - 2) and _margin_key(line) in common)
        ]
        for page in lines
    ]


def _margin_key(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _blocks(
    pages: Sequence[Sequence[str]], bookmarks: Mapping[int, list[tuple[int, str]]]
) -> Iterator[Block]:
    for number, lines in enumerate(pages, 1):
        waiting = list(bookmarks.get(number, ()))
        paragraph: list[str] = []
        for line in lines:
            heading = next((item for item in waiting if _same(item[1], line)), None)
            if heading is None:
                paragraph.append(line)
                continue
            # Bookmarks before it on this page whose line was not found come first.
            earlier = waiting[: waiting.index(heading) + 1]
            del waiting[: len(earlier)]
            yield from _paragraphs(paragraph, number)
            paragraph = []
            yield from (Block(title, level, number) for level, title in earlier)
        if waiting and paragraph:
            yield from (Block(title, level, number) for level, title in waiting)
        yield from _paragraphs(paragraph, number)


def _paragraphs(lines: Sequence[str], page: int) -> Iterator[Block]:
    text = _HYPHENATED.sub("", "\n".join(lines))
    if joined := " ".join(text.split()):
        yield Block(joined, page=page)


def _same(title: str, line: str) -> bool:
    return re.sub(r"\W+", "", title).lower() == re.sub(r"\W+", "", line).lower() != ""


def _bookmarks(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """Return level and title of the bookmarks of each page, without following loops."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        waiting: list[tuple[int, Any]] = [(1, item) for item in reversed(reader.outline)]
        for _ in range(_MAX_BOOKMARKS):
            if not waiting:
                break
            level, item = waiting.pop()
            if isinstance(item, list):
                waiting += [(level + 1, inner) for inner in reversed(item)]
                continue
            page = reader.get_destination_page_number(item)
            title = " ".join(clean(str(item.title or "")).split())
            if title and page is not None and page >= 0:
                found.setdefault(page + 1, []).append((min(level, 6), title[:200]))
    except (MemoryError, RecursionError):
        raise
    except Exception:  # the text is useful without bookmarks
        return {}
    return found


def _title(reader: PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata is not None else None
        return " ".join(clean(str(title or "")).split())[:200]
    except (MemoryError, RecursionError):
        raise
    except Exception:  # the text is useful without a title
        return ""


def _language(reader: PdfReader) -> str:
    try:
        return str(reader.root_object.get("/Lang") or "")[:35]
    except (MemoryError, RecursionError):
        raise
    except Exception:  # the language is detected instead
        return ""
