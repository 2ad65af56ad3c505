"""Saved web pages."""

import pytest

from parley.knowledge.document import Block, UnreadableFile
from parley.knowledge.sources.html import read_html, read_mhtml

_PAGE = """<!doctype html><html lang="de-AT"><head><title>Der
Titel</title><script>var x = 1</script><style>p {}</style></head><body>
<header>Site</header><nav>Menu</nav><div role="banner">Cookies</div>
<main><h1>Hallo <em>Welt</em></h1><p>Ein <b>fetter</b>
Satz.<br>Zweite Zeile<p>Noch einer<!-- comment --><p hidden>unsichtbar</p>
<table><tr><th>Tag<th>Zeit<tr><td>Mo<td>9 bis <b>17</b></table><ul><li>x<li>y</ul>
<img src=x alt="Ein Bild"></main><footer>Fuß</footer></body></html>"""


def test_the_main_text_is_read_without_the_site_around_it() -> None:
    content = read_html(_PAGE.encode())
    assert content.title == "Der Titel"
    assert content.language == "de-AT"
    assert content.blocks == (
        Block("Hallo Welt", 1),
        Block("Ein fetter Satz. Zweite Zeile"),
        Block("Noch einer"),
        Block("Tag: Mo; Zeit: 9 bis 17"),
        Block("- x"),
        Block("- y"),
        Block("Ein Bild"),
    )


def test_a_page_without_a_main_part_is_read_whole() -> None:
    page = b"<body><header>Site</header><form><div><h2>A</h2>text</div></form><footer>f</footer>"
    assert read_html(page).blocks == (Block("A", 2), Block("text"))


def test_a_table_within_a_cell_loses_no_text() -> None:
    page = b"<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>"
    text = " ".join(block.text for block in read_html(page).blocks)
    assert all(letter in text for letter in "abcd")


def test_the_declared_encoding_is_used() -> None:
    page = '<meta charset="koi8-r"><p>Привет</p>'.encode("koi8-r")
    assert read_html(page).blocks == (Block("Привет"),)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="nested over"):
        read_html(b"<div>" * 1000 + b"x")


def test_an_empty_page_has_no_blocks() -> None:
    assert read_html(b"<html></html>").blocks == ()


def test_a_page_saved_as_one_file() -> None:
    message = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\n"
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<p>Gr=C3=B6=C3=9Fe</p>\r\n--B\r\nContent-Type: image/png\r\n\r\nxx\r\n--B--\r\n"
    )
    assert read_mhtml(message).blocks == (Block("Größe"),)
    with pytest.raises(UnreadableFile, match="no web page"):
        read_mhtml(b"Content-Type: text/plain\r\n\r\nhello")
