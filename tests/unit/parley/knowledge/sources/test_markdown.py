"""Markdown."""

from parley.knowledge.document import Block
from parley.knowledge.sources.markdown import read_markdown

_TEXT = """---
title: Refunds
lang: en-GB
---
# Returns

Some *text* with a [link](https://example.com)
and `code`.

Second level
------------

- one
- two

| Plan | Price |
|------|-------|
| Basic | $5 |

```
curl example
```

<div>html <b>block</b></div>
"""


def test_markdown_becomes_blocks_without_markup() -> None:
    content = read_markdown(_TEXT.encode())
    assert content.title == "Refunds"
    assert content.language == "en-GB"
    assert content.blocks == (
        Block("Returns", 1),
        Block("Some text with a link and code."),
        Block("Second level", 2),
        Block("- one"),
        Block("- two"),
        Block("Plan: Basic; Price: $5"),
        Block("curl example"),
        Block("html block"),
    )


def test_unusable_front_matter_is_left_out() -> None:
    assert read_markdown(b"---\n: [\n---\nText.").blocks == (Block("Text."),)
    assert read_markdown(b"---\n- a\n---\nText.").blocks == (Block("Text."),)
    assert not read_markdown(b"---\ntitle: 5\n---\nText.").title


def test_windows_line_ends() -> None:
    assert read_markdown(b"# A\r\n\r\nText\r\n").blocks == (Block("A", 1), Block("Text"))
