"""PDF files for tests, also broken and hostile ones."""

import io
import zlib
from collections.abc import Sequence

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

_FONT = {
    "/Type": "/Font",
    "/Subtype": "/Type1",
    "/BaseFont": "/Helvetica",
    "/Encoding": "/WinAnsiEncoding",
}


def pdf(
    pages: Sequence[str],
    bookmarks: Sequence[tuple[str, int]] = (),
    *,
    protected: bool = False,
    password: str = "",
    algorithm: str = "AES-256",
) -> bytes:
    """Return a PDF; a page without text is blank, and a bookmark has a title and a page from 0.

    A protected PDF may not be changed; with a password it may not be read either.
    """
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(595, 842)
        if not text:
            continue
        font = writer._add_object(
            DictionaryObject({NameObject(key): NameObject(value) for key, value in _FONT.items()})
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        lines = " ".join(f"({line}) Tj T*" for line in text.split("\n"))
        stream = StreamObject()
        stream.set_data(f"BT /F1 12 Tf 14 TL 50 800 Td {lines} ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    for title, page_number in bookmarks:
        writer.add_outline_item(title=title, page_number=page_number)
    if protected:
        writer.encrypt(user_password=password, owner_password=f"{password}, owner", algorithm=algorithm)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def pdf_with_content(content: bytes) -> bytes:
    """Return a PDF of one page with these drawing commands, compressed."""
    packed = zlib.compress(content, 9)
    return _raw(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )


def pdf_with_page_loop() -> bytes:
    """Return a PDF whose tree of pages contains itself."""
    return _raw(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>")


def _raw(*objects: bytes) -> bytes:
    data, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + item + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, size = len(data), len(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return data + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, start)
