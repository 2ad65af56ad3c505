"""Reads Markdown by way of the HTML that it stands for. No I/O, no clock."""

import re
from dataclasses import replace

import yaml
from markdown_it import MarkdownIt

from parley.knowledge.document import Content
from parley.knowledge.sources.html import read_page
from parley.knowledge.sources.text import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MAX_NESTING = 50


def read_markdown(data: bytes) -> Content:
    """Read a Markdown file; its front matter may name `title` and `lang`.

    Raises:
        UnreadableFile: it is not text.
    """
    text, notes = decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    attributes: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        attributes, text = _front_matter(front[1]), text[front.end() :]
    page = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").render(text)
    return replace(
        read_page(page),
        title=attributes.get("title", ""),
        language=attributes.get("lang") or attributes.get("language", ""),
        notes=notes,
    )


def _front_matter(text: str) -> dict[str, str]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {str(key).lower(): value for key, value in values.items() if isinstance(value, str)}
