"""Decodes text files of any common encoding, and refuses what is not text. No I/O, no clock."""

import codecs
import re
import unicodedata

from parley.knowledge.document import Block, Content, UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "an RTF document"),
)
_SAMPLE = 65_536
_MAX_CONTROL_SHARE = 0.02
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1b\x85")
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u2060\ufeff\x00]")
"""Soft hyphens and zero-width characters divide words; NUL is refused by databases."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_UTF8_REMEDY = "save it as UTF-8"


def decode(data: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Return a file's text and notes on how it was read; `declared` is the encoding it names itself.

    Raises:
        UnreadableFile: the file is not text, or its encoding cannot be recognized.
    """
    _refuse_signatures(data)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(_decoded(data, encoding)), ()
    if encoding := _utf16_without_mark(data):
        return _checked(_decoded(data, encoding)), ()
    if b"\0" in data[:_SAMPLE]:
        raise _binary()
    try:
        return _checked(data.decode("utf-8")), ()
    except UnicodeDecodeError as error:
        return _legacy(data, declared, error)


def clean(text: str) -> str:
    """Return text in one Unicode form, without characters that hide words or that databases refuse."""
    text = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text)).translate(_LIGATURES)
    return unicodedata.normalize("NFC", text)


def read_text(data: bytes) -> Content:
    """Read a plain text file: paragraphs are separated by blank lines.

    Raises:
        UnreadableFile: it is not text.
    """
    text, notes = decode(data)
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.replace("\r\n", "\n").replace("\r", "\n"))
    blocks = tuple(Block(" ".join(paragraph.split())) for paragraph in paragraphs if paragraph.strip())
    return Content(blocks, notes=notes)


def _refuse_signatures(data: bytes) -> None:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableFile(f"it is {kind}, not text", "save its text as Markdown, HTML, PDF or text")


def _utf16_without_mark(data: bytes) -> str:
    """Name UTF-16 without a byte order mark: text of most scripts then has NUL in every other byte."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or len(data) % 2:
        return ""
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"it begins like {encoding.removesuffix('-sig').upper()}, but byte {error.start} is not valid",
            _UTF8_REMEDY,
        ) from None


def _legacy(data: bytes, declared: str, error: UnicodeDecodeError) -> tuple[str, tuple[str, ...]]:
    """Read text that is not UTF-8: in the encoding it declares, else in Windows-1252 if that fits."""
    if declared:
        try:
            return _checked(data.decode(declared)), ()
        except (LookupError, UnicodeDecodeError):
            pass
    line = data.count(b"\n", 0, error.start) + 1
    if any(ord(char) > 0x7F for char in data[: error.start].decode("utf-8")):
        raise UnreadableFile(f"line {line} is not UTF-8, although earlier lines are", _UTF8_REMEDY)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise UnreadableFile(f"the encoding of line {line} is not recognized", _UTF8_REMEDY) from None
    if not _is_western(text):
        raise UnreadableFile(f"the encoding of line {line} is not recognized", _UTF8_REMEDY)
    return _checked(text), ("it is not UTF-8 and was read as Windows-1252; save it as UTF-8",)


def _is_western(text: str) -> bool:
    """Whether text looks like a Western language: single accented letters within words, and punctuation."""
    special = [char for char in text[:_SAMPLE] if ord(char) > 0x7F]
    letters = sum(char.isalpha() for char in special)
    runs = len(re.findall(r"[\u00c0-\u00ff]{3,}", text[:_SAMPLE]))
    plain = sum(char.isascii() and char.isalpha() for char in text[:_SAMPLE])
    # In other scripts most letters are outside ASCII, and stand side by side.
    return runs * 3 <= letters * 0.1 and letters <= plain


def _checked(text: str) -> str:
    sample = text[:_SAMPLE]
    controls = sum(unicodedata.category(char) == "Cc" and char not in _TEXT_CONTROLS for char in sample)
    if controls > _MAX_CONTROL_SHARE * max(len(sample), 1):
        raise _binary()
    return clean(text)


def _binary() -> UnreadableFile:
    return UnreadableFile("it is a binary file, not text", "remove it, or save its text as Markdown or text")
