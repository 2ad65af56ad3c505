"""Reads saved web pages: the main text with its headings and tables, without menus and scripts. No clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from parley.knowledge.document import Block, Content, UnreadableFile
from parley.knowledge.sources.tables import row_text
from parley.knowledge.sources.text import decode

_MAX_DEPTH = 400
_MAX_NODES = 1_000_000
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_IGNORED = re.compile(
    "head|script|style|noscript|template|svg|canvas|iframe|object|embed|video|audio|nav|aside|button|select|"
    "textarea|dialog|menu"
)
_IGNORED_ROLES = re.compile("navigation|banner|contentinfo|search|dialog|alertdialog|complementary")
_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|"
    "strike|strong|sub|sup|time|tt|u|var|wbr"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_WHOLE_PAGE = frozenset({"header", "footer"})
"""Ignored outside an article: there they belong to the site, not to the page."""


def read_html(data: bytes) -> Content:
    """Read a saved web page.

    Raises:
        UnreadableFile: it is not text, or is nested too deeply.
    """
    declared = _DECLARED.search(data[:4096])
    text, notes = decode(data, declared[1].decode("ascii") if declared else "")
    return replace(read_page(text), notes=notes)


def read_page(text: str) -> Content:
    """Read the text of a page.

    Raises:
        UnreadableFile: it is nested too deeply, or has too many elements.
    """
    try:
        parser = LexborHTMLParser(text)
    except SelectolaxError:
        # The parser accepts any text; what fails is its allocation of memory.
        raise MemoryError from None
    root = parser.root
    if root is None:
        return Content(())
    title = parser.css_first("title")
    html = parser.css_first("html")
    main = parser.css_first("main, [role=main]") or _only(parser, "article") or parser.body or root
    return Content(
        _Reader().read(main),
        title=_squeeze(title.text()) if title is not None else "",
        language=(html.attributes.get("lang") or "") if html is not None else "",
    )


def read_mhtml(data: bytes) -> Content:
    """Read a page that a browser saved as one file with its pictures.

    Raises:
        UnreadableFile: it contains no page.
    """
    message = message_from_bytes(data, policy=policy.default)
    for part in message.walk():
        if isinstance(part, EmailMessage) and part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return read_html(payload)
    raise UnreadableFile("it contains no web page", "save the page again, as HTML")


@dataclass(slots=True)
class _Reader:
    """Collects the blocks below a node; it visits each node once and does not recurse."""

    blocks: list[Block] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    level: int = 0
    header: list[str] = field(default_factory=list)
    row: list[str] | None = None
    cell_is_header: bool = True
    visited: int = 0

    def read(self, root: LexborNode) -> tuple[Block, ...]:
        for node, depth, entering in _walk(root):
            self.visited += 1
            if depth > _MAX_DEPTH:
                raise UnreadableFile(f"its elements are nested over {_MAX_DEPTH} deep", "save it as text")
            if self.visited > _MAX_NODES:
                raise UnreadableFile(f"it has over {_MAX_NODES} elements", "split it into several pages")
            if entering:
                self._enter(node)
            else:
                self._leave(node)
        self._flush()
        return tuple(self.blocks)

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self.text.append(node.text_content or "")
        elif tag == "br":
            self.text.append(" ")
        elif tag == "img":
            self.text.append(f" {node.attributes.get('alt') or ''} ")
        elif tag == "table":
            self._flush()
            self.header = []
        elif tag == "tr":
            self._flush()
            self.row, self.cell_is_header = [], True
        elif tag in {"td", "th"} and self.row is not None:
            self.text.clear()
            self.cell_is_header &= tag == "th"
        elif not _INLINE.fullmatch(tag) and self.row is None:
            self._flush()
            self.level = _HEADINGS.get(tag, 0)
            if tag == "li":
                self.text.append("- ")
        elif not _INLINE.fullmatch(tag):
            self.text.append(" ")

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in {"td", "th"} and self.row is not None:
            self.row.append(_squeeze("".join(self.text)))
            self.text.clear()
        elif tag == "tr" and self.row is not None:
            if self.cell_is_header and not self.header:
                self.header = self.row
            elif text := row_text(self.header, self.row):
                self.blocks.append(Block(text))
            self.row = None
        elif self.row is None and tag not in {"-text", "br", "img"} and not _INLINE.fullmatch(tag):
            self._flush()

    def _flush(self) -> None:
        text = _squeeze("".join(self.text))
        self.text.clear()
        if text and text != "-":
            self.blocks.append(Block(text, self.level))
        self.level = 0


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, int, bool]]:
    """Yield each node when it is entered and when it is left; ignored parts are skipped."""
    node: LexborNode | None = root
    depth = 0
    while node is not None:
        yield node, depth, True
        child = _next_read(node.first_child, depth)
        if child is not None:
            node, depth = child, depth + 1
            continue
        while node is not None:
            yield node, depth, False
            if depth == 0:
                return
            after = _next_read(node.next, depth)
            if after is not None:
                node = after
                break
            node, depth = node.parent, depth - 1


def _next_read(node: LexborNode | None, depth: int) -> LexborNode | None:
    """Return a node or the next one beside it that belongs to the text."""
    while node is not None and _is_ignored(node, depth):
        node = node.next
    return node


def _is_ignored(node: LexborNode, depth: int) -> bool:
    tag = node.tag or ""
    if tag == "-text":
        return False
    if tag.startswith(("-", "!")) or _IGNORED.fullmatch(tag):
        return True
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _IGNORED_ROLES.fullmatch((attributes.get("role") or "").lower()):
        return True
    return tag in _WHOLE_PAGE and depth <= 2


def _only(parser: LexborHTMLParser, selector: str) -> LexborNode | None:
    found = parser.css(selector)
    return found[0] if len(found) == 1 else None


def _squeeze(text: str) -> str:
    return " ".join(text.split())
