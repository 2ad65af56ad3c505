"""The documents of a folder."""

import os
from pathlib import Path

import pytest

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.folder import Listing, list_documents, walk_signature

_LIMIT = 1000


def _list(folder: Path) -> Listing:
    return list_documents(folder, _LIMIT)


def _reasons(folder: Path) -> dict[str, str]:
    return {name: error.reason for name, error in _list(folder).failures}


def test_documents_are_listed_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.md", "a.PDF", "sub/c.html", "x.docx", "x.docx.txt", ".hidden.md", "~$lock.md"):
        (tmp_path / name).write_text("text")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text("text")
    listing = _list(tmp_path)
    assert [file.name for file in listing.files] == ["a.PDF", "b.md", "sub/c.html", "x.docx.txt"]
    assert listing.ignored == {".docx": 1}
    assert not listing.failures


def test_what_a_browser_saves_beside_a_page_is_left_out(tmp_path: Path) -> None:
    for folder in ("page_files", "other_files"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.html").write_text("text")
    (tmp_path / "page.html").write_text("text")
    assert [file.name for file in _list(tmp_path).files] == ["other_files/x.html", "page.html"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    folder, outside = tmp_path / "docs", tmp_path / "outside"
    (folder / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.md").write_text("text")
    (folder / "link").symlink_to(outside)
    (folder / "one.md").symlink_to(outside / "a.md")
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (folder / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (folder / "zlink").symlink_to(outside)
    assert [file.name for file in _list(folder).files] == ["link/a.md", "one.md"]
    reasons = _reasons(folder)
    assert "contains it" in reasons["sub/up"]
    assert "which is indexed" in reasons["zlink"]
    assert "symbolic links" in reasons["self"]
    assert "No such file" in reasons["gone.md"]


def test_unusable_files_are_failures(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(200_000_000)
    (tmp_path / "ok.txt").write_text("text")
    os.close(os.open(os.fsencode(tmp_path) + b"/bad\xff.txt", os.O_CREAT | os.O_WRONLY))
    listing = _list(tmp_path)
    assert [file.name for file in listing.files] == ["ok.txt"]
    reasons = _reasons(tmp_path)
    assert "regular file" in reasons["pipe.txt"]
    assert "200.0 MB, over the limit" in reasons["big.txt"]
    assert "not text" in reasons["bad?.txt"]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        _list(tmp_path / "nowhere")
    (tmp_path / "file").write_text("text")
    with pytest.raises(UnreadableFile, match="Not a directory"):
        _list(tmp_path / "file")


def test_the_signature_changes_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one")
    before = walk_signature(tmp_path, _LIMIT)
    assert before == walk_signature(tmp_path, _LIMIT)
    (tmp_path / "a.md").write_text("other")
    assert before != walk_signature(tmp_path, _LIMIT)
    assert walk_signature(tmp_path / "nowhere", _LIMIT) == ()
