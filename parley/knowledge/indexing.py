"""Brings a knowledge base up to date with a folder: reads changed files, removes documents without one."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg

from parley.errors import ParleyError
from parley.knowledge import store
from parley.knowledge.document import Document, UnreadableFile
from parley.knowledge.languages import language_code
from parley.knowledge.sources.folder import FoundFile, Listing, list_documents
from parley.knowledge.sources.reader_process import DocumentReader, ReadLimits, open_reader
from parley.knowledge.sources.reading import SUFFIXES

READER_VERSION = 1
"""Raised when documents are read or divided differently; all documents are then indexed again."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LOCK = 0x6B6E6F77
"""First key of the advisory lock of a knowledge base; arbitrary, but the same in every process."""

Status = Literal["indexed", "unchanged", "removed", "duplicate", "failed"]


class CannotIndex(ParleyError):
    """A folder cannot be indexed at all; the text has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result for one file."""

    name: str
    status: Status
    passages: int = 0
    language: str = ""
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    stays: bool = False
    """Whether the version that was indexed earlier is still found."""


@dataclass(slots=True)
class IndexReport:
    """The results for a folder."""

    results: list[FileResult] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    """Number of files of other kinds by suffix."""

    def count(self, status: Status) -> int:
        """Return the number of files with this status."""
        return sum(result.status == status for result in self.results)


def check_name(name: str) -> str:
    """Return a name that a knowledge base may have.

    Raises:
        CannotIndex: it may not.
    """
    if not _NAME.fullmatch(name):
        raise CannotIndex(
            f"{name!r} cannot name a knowledge base; use up to 63 lower-case letters, digits, `-` and `_`"
        )
    return name


@dataclass(frozen=True, slots=True)
class IndexJob:
    """A folder, the knowledge base for it, and how its files are read."""

    folder: Path
    name: str
    language: str = ""
    """Language of all documents; empty to detect that of each."""
    limits: ReadLimits = field(default_factory=ReadLimits)

    @property
    def version(self) -> str:
        """A document that was indexed with another version is indexed again."""
        return f"{READER_VERSION}{language_code(self.language)}"


async def index_folder(
    connection: asyncpg.Connection,
    job: IndexJob,
    progress: Callable[[FileResult, int], None],
    finish: Callable[[], Awaitable[None]] | None = None,
) -> IndexReport:
    """Index a folder; `progress` gets each result and the total, `finish` runs before the lock is released.

    Each document is stored in a transaction of its own, so an interrupted run loses nothing and the next one
    continues. A file that cannot be read leaves its earlier version in place.

    Raises:
        CannotIndex: the folder cannot be read, has no documents, or is being indexed by another process.
    """
    check_name(job.name)
    try:
        listing = await asyncio.to_thread(list_documents, job.folder, job.limits.max_bytes)
    except UnreadableFile as error:
        raise CannotIndex(f"{job.folder}: {error.reason}; {error.remedy}") from None
    if not listing.files and not listing.failures:
        raise CannotIndex(
            f"{job.folder}: there are no documents in it ({', '.join(sorted(SUFFIXES))}); nothing was changed"
        )
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK, job.name):
        raise CannotIndex(f"{job.name}: another process is indexing it; try again when it has finished")
    try:
        await store.enable_similar_terms(connection)
        async with open_reader(job.limits) as reader:
            report = await _Run(connection, job, listing, reader, progress).run()
        await store.count_terms(connection, job.name)
        if finish is not None:
            await finish()
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", _LOCK, job.name)
    return report


class _Run:
    """One run over a folder."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        job: IndexJob,
        listing: Listing,
        reader: DocumentReader,
        progress: Callable[[FileResult, int], None],
    ) -> None:
        self._connection = connection
        self._job = job
        self._listing = listing
        self._reader = reader
        self._progress = progress
        self._report = IndexReport(ignored=dict(listing.ignored))
        self._stored: dict[str, store.StoredDocument] = {}
        self._names_by_hash: dict[str, str] = {}

    async def run(self) -> IndexReport:
        """Index the files, then remove the documents without a file."""
        await store.create_base(self._connection, self._job.name)
        self._stored = await store.stored_documents(self._connection, self._job.name)
        for name, error in self._listing.failures:
            self._add(self._failed(name, error))
        for file in self._listing.files:
            try:
                self._add(await self._index(file))
            except UnreadableFile as error:
                self._add(self._failed(file.name, error))
        await self._remove()
        return self._report

    async def _index(self, file: FoundFile) -> FileResult:
        content_hash = await asyncio.to_thread(_hash, file.path)
        if (same := self._names_by_hash.get(content_hash)) is not None:
            return FileResult(
                file.name,
                "duplicate",
                reason=f"it has the same content as {same}, which is indexed",
                remedy="delete one of the two",
            )
        before = self._stored.get(file.name)
        if before == store.StoredDocument(content_hash, self._job.version):
            self._names_by_hash[content_hash] = file.name
            return FileResult(file.name, "unchanged")
        document = await self._reader.read(file.path, file.name, self._job.language)
        await store.put_document(self._connection, self._job.name, document, self._job.version)
        self._names_by_hash[document.content_hash] = file.name
        return _indexed(document)

    async def _remove(self) -> None:
        """Remove the documents that have no file, or one with the content of another."""
        present = {result.name for result in self._report.results if result.status != "duplicate"}
        unlisted = tuple(f"{folder}/" for folder in self._listing.unreadable_folders)
        gone = [
            name
            for name in sorted(self._stored)
            if name not in present and not (unlisted and name.startswith(unlisted))
        ]
        if gone:
            await store.remove_documents(self._connection, self._job.name, gone)
        duplicates = {result.name for result in self._report.results if result.status == "duplicate"}
        for name in gone:
            if name not in duplicates:
                self._add(FileResult(name, "removed"))

    def _failed(self, name: str, error: UnreadableFile) -> FileResult:
        stays = name in self._stored
        return FileResult(name, "failed", reason=error.reason, remedy=error.remedy, stays=stays)

    def _add(self, result: FileResult) -> None:
        self._report.results.append(result)
        self._progress(result, len(self._listing.files) + len(self._listing.failures))


def _indexed(document: Document) -> FileResult:
    return FileResult(
        document.path, "indexed", len(document.passages), document.language, notes=document.notes
    )


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"it cannot be read: {error.strerror}", "check its permissions") from None
