"""Folders are indexed in Postgres: only changes, each document as a whole, and nothing lost by a fault."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from parley.knowledge import store
from parley.knowledge.document import Document, Passage
from parley.knowledge.full_text import search_full_text
from parley.knowledge.indexing import CannotIndex, FileResult, IndexJob, index_folder
from tests.integration.knowledge_base import connected, index, result_of, statuses
from tests.pdf_files import pdf


async def _found(connection: asyncpg.Connection, words: str, name: str = "docs") -> list[str]:
    return [passage.text for passage in await search_full_text(connection, [name], words, 10)]


async def _ids(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch("SELECT passage_id, xmin::text FROM knowledge_passages")
    return {row["passage_id"] for row in rows}


async def test_only_changes_are_indexed(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Returns\n\nThirty days.\n\n# Shipping\n\nTwo days.")
    (tmp_path / "b.txt").write_text("The shop is in Larkfield.")
    async with connected(postgres_url) as connection:
        assert statuses(await index(connection, tmp_path)) == {"a.md": "indexed", "b.txt": "indexed"}
        assert statuses(await index(connection, tmp_path)) == {"a.md": "unchanged", "b.txt": "unchanged"}
        before = await _ids(connection)

        (tmp_path / "a.md").write_text("# Returns\n\nThirty days.\n\n# Shipping\n\nFour weeks.")
        (tmp_path / "b.txt").unlink()
        (tmp_path / "c.txt").write_text("A new document.")
        report = statuses(await index(connection, tmp_path))
        assert report == {"a.md": "indexed", "b.txt": "removed", "c.txt": "indexed"}
        assert len(before & await _ids(connection)) == 1
        assert await _found(connection, "shipping") == ["Four weeks."]
        assert not await _found(connection, "Larkfield")

        changed = await index(connection, tmp_path, language="de")
        assert statuses(changed) == {"a.md": "indexed", "c.txt": "indexed"}
        assert result_of(changed, "a.md").language == "de"


async def test_a_failing_file_keeps_its_earlier_version(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(["Opening hours"]))
    (tmp_path / "b.md").write_text("Other text")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        (tmp_path / "a.pdf").write_bytes(pdf(["Opening hours"])[:100])
        (tmp_path / "b.md").write_text("Changed text")
        report = await index(connection, tmp_path)
        assert statuses(report) == {"a.pdf": "failed", "b.md": "indexed"}
        failed = result_of(report, "a.pdf")
        assert (failed.stays, bool(failed.reason), bool(failed.remedy)) == (True, True, True)
        assert await _found(connection, "opening") == ["Opening hours"]
        assert await _found(connection, "changed") == ["Changed text"]


async def test_the_same_content_is_found_once(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("Unique words")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        (tmp_path / "a.md").write_text("Unique words")
        report = await index(connection, tmp_path)
        assert statuses(report) == {"a.md": "indexed", "b.md": "duplicate"}
        assert "a.md" in result_of(report, "b.md").reason
        assert await _found(connection, "unique") == ["Unique words"]
        (tmp_path / "a.md").unlink()
        assert statuses(await index(connection, tmp_path)) == {"a.md": "removed", "b.md": "indexed"}


async def test_an_empty_or_missing_folder_removes_nothing(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        (tmp_path / "a.md").unlink()
        with pytest.raises(CannotIndex, match="no documents"):
            await index(connection, tmp_path)
        with pytest.raises(CannotIndex, match="No such file"):
            await index(connection, tmp_path / "gone")
        assert await _found(connection, "text") == ["Text"]


async def test_an_interrupted_run_is_continued(postgres_url: str, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.md").write_text(f"Document {name}")

    def interrupt(result: FileResult, _total: int) -> None:
        if result.name == "b.md":
            raise KeyboardInterrupt

    async with connected(postgres_url) as connection:
        with pytest.raises(KeyboardInterrupt):
            await index_folder(connection, IndexJob(tmp_path, "docs"), interrupt)
        report = statuses(await index(connection, tmp_path))
        assert report == {"a.md": "unchanged", "b.md": "unchanged", "c.md": "indexed"}
        assert len(await _found(connection, "document")) == 3


async def test_two_processes_do_not_index_at_once(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text")
    async with connected(postgres_url) as one, connected(postgres_url) as other:
        errors: list[str] = []

        async def try_too() -> None:
            with pytest.raises(CannotIndex) as refused:
                await index(other, tmp_path)
            errors.append(str(refused.value))

        await index_folder(one, IndexJob(tmp_path, "docs"), lambda _result, _total: None, try_too)
        assert "another process" in errors[0]
        assert statuses(await index(other, tmp_path)) == {"a.md": "unchanged"}


async def test_a_search_sees_a_document_as_a_whole(postgres_url: str) -> None:
    def version(word: str) -> Document:
        passages = tuple(
            Passage(f"{word}{n}", (), f"Common {word} {' '.join(['filler'] * 50)} {n}") for n in range(30)
        )
        return Document("a.md", "A", "en", word, 1, 0, passages)

    async with connected(postgres_url) as writer, connected(postgres_url) as reader:
        await store.create_base(writer, "docs")
        await store.put_document(writer, "docs", version("old"), "1")
        await store.count_terms(writer, "docs")
        replacing = asyncio.create_task(_replace(writer, [version("new"), version("old")] * 5))
        seen = set()
        while not replacing.done():
            found = await search_full_text(reader, ["docs"], "common", 50)
            words = {passage.text.split()[1] for passage in found}
            assert len(found) == 30
            assert len(words) == 1
            seen |= words
        await replacing
        assert seen == {"old", "new"}


async def _replace(connection: asyncpg.Connection, versions: list[Document]) -> None:
    for document in versions:
        await store.put_document(connection, "docs", document, "1")
        await asyncio.sleep(0.02)


async def test_bases_are_separate(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text of one")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path, "one")
        (tmp_path / "a.md").write_text("Text of two")
        await index(connection, tmp_path, "two")
        assert await _found(connection, "text", "one") == ["Text of one"]
        assert [base.name for base in await store.list_bases(connection)] == ["one", "two"]
        assert await store.remove_base(connection, "one")
        assert not await store.remove_base(connection, "one")
        assert not await _found(connection, "text", "one")
        assert await _found(connection, "text", "two") == ["Text of two"]
