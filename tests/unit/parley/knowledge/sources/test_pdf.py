"""PDF files."""

import pytest

from parley.knowledge.document import Block, UnreadableFile
from parley.knowledge.sources.pdf import read_pdf
from tests.pdf_files import pdf, pdf_with_page_loop

_MANUAL = [
    "Acme Manual\nInstall\nPut it on a flat sur-\nface. Plug it in.\n1",
    "Acme Manual\nRepair\nCall us.\n2",
    "Acme Manual\nMore text\n3",
    "Acme Manual\nWarranty\nTwo years.\n4",
]


def test_bookmarks_are_headings_and_margins_are_left_out() -> None:
    content = read_pdf(pdf(_MANUAL, [("Install", 0), ("Repair", 1), ("Warranty", 3)]))
    assert content.pages == 4
    assert content.blocks == (
        Block("Install", 1, 1),
        Block("Put it on a flat surface. Plug it in.", 0, 1),
        Block("Repair", 1, 2),
        Block("Call us.", 0, 2),
        Block("More text", 0, 3),
        Block("Warranty", 1, 4),
        Block("Two years.", 0, 4),
    )


def test_a_bookmark_that_is_not_found_in_the_text_begins_the_page() -> None:
    content = read_pdf(pdf(["Some text"], [("Chapter", 0)]))
    assert content.blocks == (Block("Chapter", 1, 1), Block("Some text", 0, 1))


@pytest.mark.parametrize("algorithm", ["AES-256", "RC4-128"])
def test_a_file_that_only_may_not_be_changed_is_read(algorithm: str) -> None:
    data = pdf(["Readable"], protected=True, algorithm=algorithm)
    assert read_pdf(data).blocks == (Block("Readable", 0, 1),)


@pytest.mark.parametrize(
    ("data", "reason", "remedy"),
    [
        (
            pdf(["Secret"], protected=True, password="x"),  # noqa: S106 - of a file made here
            "encrypted with a password",
            "without a password",
        ),
        (pdf(["", ""]), "probably scanned", "OCR"),
        (pdf(["Text"])[:150], "not a valid PDF", "repair"),
        (b"%PDF-1.7 nothing", "not a valid PDF", "repair"),
        (pdf_with_page_loop(), "not a valid PDF|no pages", "repair"),
    ],
    ids=["encrypted", "scanned", "cut off", "garbage", "loop"],
)
def test_unusable_files_are_refused_with_the_reason(data: bytes, reason: str, remedy: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as refused:
        read_pdf(data)
    assert remedy in refused.value.remedy


def test_pages_without_text_are_noted() -> None:
    content = read_pdf(pdf(["Text", "", ""]))
    assert "2 of 3 pages have no text" in content.notes[0]
