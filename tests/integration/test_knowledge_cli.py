"""The commands of `parley knowledge`."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cli.knowledge import indexing
from cli.knowledge.indexing import IndexOptions, run_index
from cli.main import app
from parley.knowledge.indexing import IndexJob
from tests.eventually import eventually
from tests.integration.knowledge_base import HELPDESK


@pytest.fixture
def _database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_POSTGRES_URL", postgres_url)
    monkeypatch.setenv("COLUMNS", "160")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["knowledge", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("_database")
def test_index_list_search_and_remove() -> None:
    assert "no knowledge base yet" in _run("list").output
    indexed = _run("index", str(HELPDESK), "--name", "helpdesk")
    assert indexed.exit_code == 0
    assert "9 documents" in indexed.output
    [base] = json.loads(_run("list", "--json").output)
    assert (base["name"], base["documents"]) == ("helpdesk", 9)
    assert "helpdesk" in _run("list").output
    found = _run("search", "helpdesk", "when are you open on saturday")
    assert (found.exit_code, "Saturdays from 9 am" in found.output) == (0, True)
    passages = json.loads(_run("search", "helpdesk", "remote control", "--json").output)["passages"]
    assert passages[0]["source"] == "tv-box.html, Remote control"
    assert _run("search", "helpdesk", "xyzzy").exit_code == 1
    assert _run("remove", "helpdesk").exit_code == 0
    for arguments in (("remove", "helpdesk"), ("search", "helpdesk", "x")):
        missing = _run(*arguments)
        assert (missing.exit_code, "there is no knowledge base 'helpdesk'" in missing.stderr) == (1, True)


@pytest.mark.usefixtures("_database")
def test_each_failing_file_has_a_line_and_the_others_are_indexed(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Title\n\nText")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "old.txt").write_bytes("Größe über Straße".encode("cp1252"))
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    result = _run("index", str(tmp_path), "--name", "docs")
    assert result.exit_code == 1
    assert "failed    empty.md: it is empty; write its text, or delete the file" in result.output
    assert "note      old.txt: it is not UTF-8" in result.output
    assert "ignored   .xlsx (1)" in result.output
    assert "2 documents" in result.output
    report = json.loads(_run("index", str(tmp_path), "--name", "docs", "--json").output)
    assert {file["name"]: file["status"] for file in report["files"]} == {
        "empty.md": "failed",
        "good.md": "unchanged",
        "old.txt": "unchanged",
    }
    missing = _run("index", str(tmp_path / "gone"), "--name", "docs")
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--name", "Two words"),
        ("--name", "docs", "--language", "x!"),
        ("--name", "docs", "--max-file-mb", "0"),
    ],
)
def test_refused_options(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert _run("index", str(tmp_path), *arguments).exit_code == 2


def test_an_unreachable_database_is_named_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_POSTGRES_URL", raising=False)
    unset = _run("list", "--home", str(tmp_path))
    assert (unset.exit_code, "PARLEY_POSTGRES_URL is not set" in unset.stderr) == (1, True)
    monkeypatch.setenv("PARLEY_POSTGRES_URL", "postgresql://me:hidden@127.0.0.1:1/x")
    refused = _run("list", "--home", str(tmp_path))
    assert (refused.exit_code, "127.0.0.1:1" in refused.stderr) == (1, True)
    assert "hidden" not in refused.output + refused.stderr


@pytest.mark.usefixtures("_database")
async def test_a_folder_is_indexed_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added, changed and removed documents, until the command is stopped."""
    monkeypatch.setattr(indexing, "_WATCH_INTERVAL_S", 0.05)
    document, output = tmp_path / "a.md", io.StringIO()
    document.write_text("# Hours\n\nOpen until six.")

    def printed(text: str) -> bool | None:
        return text in output.getvalue() or None

    options = IndexOptions(tmp_path / "home", watch=True)
    job = IndexJob(tmp_path, "docs")
    watching = asyncio.create_task(run_index(job, options, Console(file=output, width=160)))
    await eventually(lambda: printed("waiting for changes"))
    (tmp_path / "b.md").write_text("# Parking\n\nBehind the house.")
    await eventually(lambda: printed("2 documents"))
    document.unlink()
    await eventually(lambda: printed("removed"))
    watching.cancel()
    await asyncio.wait([watching])

    bases = json.loads((await asyncio.to_thread(_run, "list", "--json")).output)
    assert [(base["name"], base["documents"]) for base in bases] == [("docs", 1)]
