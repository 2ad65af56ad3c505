"""Files become documents."""

from pathlib import Path

import pytest

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.reading import read_document
from tests.pdf_files import pdf


def _write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_document(tmp_path: Path) -> None:
    text = b"# Returns\n\nYou can return it within thirty days, and we will refund the price to you."
    document = read_document(_write(tmp_path, "a.md", text), "shop/a.md")
    assert (document.path, document.title, document.language) == ("shop/a.md", "Returns", "en")
    assert document.size == len(text)
    assert document.passages[0].titles == ("Returns",)


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"---\ntitle: Given\n---\n# Heading\n\ntext", "Given"),
        (b"# Heading\n\ntext", "Heading"),
        (b"# One\n\ntext\n\n# Two\n\ntext", "opening hours"),
        (b"text only", "opening hours"),
    ],
)
def test_the_title(tmp_path: Path, data: bytes, title: str) -> None:
    assert read_document(_write(tmp_path, "x.md", data), "x/opening-hours.md").title == title


def test_the_given_language_applies(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", b"You can return it and we will pay for it.")
    assert read_document(path, "a.txt", "pt-BR").language == "pt"


def test_a_pdf_is_recognized_under_any_name(tmp_path: Path) -> None:
    assert read_document(_write(tmp_path, "a.txt", pdf(["Text"])), "a.txt").pages == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.md", b"", "empty"),
        ("a.txt", b" \n", "empty"),
        ("a.md", b"***\n", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
        ("a.pdf", b"<!DOCTYPE html><html>", "web page, not a PDF"),
        ("a.txt", b"x" * 101, "over the limit"),
        ("a.txt", b"ab " * 30, ""),
    ],
)
def test_refused_files(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = _write(tmp_path, name, data)
    if not reason:
        assert read_document(path, name, max_bytes=100).passages
        return
    with pytest.raises(UnreadableFile, match=reason) as refused:
        read_document(path, name, max_bytes=100)
    assert refused.value.remedy


def test_a_text_that_expands_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.knowledge.sources.reading.MAX_TEXT_CHARS", 10)
    with pytest.raises(UnreadableFile, match="over the limit of 10"):
        read_document(_write(tmp_path, "a.txt", b"eleven chars"), "a.txt")
