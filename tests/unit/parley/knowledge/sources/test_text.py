"""The decoding of text files."""

import codecs

import pytest

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.text import clean, decode, read_text

_GERMAN = "Die Öffnungszeiten für Kunden finden Sie auf der nächsten Straße, geprüft und täglich."


@pytest.mark.parametrize(
    "data",
    [
        _GERMAN.encode(),
        codecs.BOM_UTF8 + _GERMAN.encode(),
        _GERMAN.encode("utf-16"),
        _GERMAN.encode("utf-16-le"),
        _GERMAN.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + _GERMAN.encode("utf-16-be"),
        _GERMAN.encode("utf-32"),
    ],
)
def test_unicode_is_recognized(data: bytes) -> None:
    assert decode(data) == (_GERMAN, ())


def test_western_text_in_an_old_encoding_is_read_with_a_note() -> None:
    text, notes = decode(_GERMAN.encode("cp1252"))
    assert text == _GERMAN
    assert "Windows-1252" in notes[0]


def test_a_declared_encoding_is_used() -> None:
    assert decode("Привет".encode("koi8-r"), "koi8-r") == ("Привет", ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("Привет мир, это текст".encode("koi8-r"), "encoding of line 1"),
        ("Hello\n営業時間は九時から五時まで".encode("shift-jis"), "encoding of line 2"),
        ("über\n".encode() + "Größe".encode("cp1252"), "line 2 is not UTF-8"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x01\x02\x03\x04\x05" * 20, "binary"),
        (b"\x89PNG\r\n\x1a\n123", "PNG image"),
        (b"PK\x03\x04abc", "ZIP archive"),
        (codecs.BOM_UTF16_LE + b"a", "UTF-16"),
    ],
)
def test_what_is_not_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as refused:
        decode(data)
    assert refused.value.remedy


def test_characters_that_hide_words_are_removed() -> None:
    assert clean("Öff\u00adnung \ufb01x a\u0308 \0 \ud800") == "Öffnung fix ä  \ufffd"


def test_paragraphs_are_blocks() -> None:
    content = read_text(b"One\r\nline.\r\n\r\n \r\nTwo.")
    assert [block.text for block in content.blocks] == ["One line.", "Two."]
