"""Lists the documents of a folder; follows links, never in a loop, and reports what cannot be read."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.reading import SUFFIXES, too_large

MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that can be read."""

    path: Path
    name: str
    """Path below the folder, with `/` between its parts; the document's path."""
    size: int
    modified_ns: int


@dataclass(slots=True)
class Listing:
    """The files of a folder."""

    files: list[FoundFile] = field(default_factory=list)
    failures: list[tuple[str, UnreadableFile]] = field(default_factory=list)
    """Names of the files that cannot be read, with the reason."""
    unreadable_folders: list[str] = field(default_factory=list)
    """Folders that cannot be listed; documents below them are not removed."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Number of files of other kinds by suffix."""


def list_documents(folder: Path, max_bytes: int) -> Listing:
    """List the documents in a folder and those below it; hidden ones are left out.

    Raises:
        UnreadableFile: the folder does not exist or cannot be read, or has too many files.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UnreadableFile(
            f"the folder cannot be read: {error.strerror}", "check the path and its permissions"
        ) from None
    listing = Listing()
    _Walk(listing, max_bytes).visit(entries, "", (_identity(folder),))
    listing.files.sort(key=lambda file: file.name)
    return listing


@dataclass(slots=True)
class _Walk:
    listing: Listing
    max_bytes: int
    visited: dict[tuple[int, int], str] = field(default_factory=dict)

    def visit(
        self, entries: Sequence[os.DirEntry[str]], prefix: str, above: tuple[tuple[int, int], ...]
    ) -> None:
        """Add the entries of a folder; `above` identifies the folder and those that contain it."""
        pages = {PurePosixPath(entry.name).stem for entry in entries if _is_page(entry.name)}
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            name = f"{prefix}{entry.name}"
            try:
                self._visit_entry(entry, name, above, pages)
            except UnreadableFile as error:
                self.listing.failures.append((_printable(name), error))
            except OSError as error:
                reason = f"it cannot be read: {error.strerror}"
                remedy = "remove the link" if entry.is_symlink() else "check its permissions"
                self.listing.failures.append((_printable(name), UnreadableFile(reason, remedy)))

    def _visit_entry(
        self, entry: os.DirEntry[str], name: str, above: tuple[tuple[int, int], ...], pages: set[str]
    ) -> None:
        status = entry.stat()
        suffix = PurePosixPath(entry.name).suffix.lower()
        if stat.S_ISDIR(status.st_mode):
            # A browser saves the pictures, scripts and advertisements of a page there.
            if entry.name.endswith("_files") and entry.name.removesuffix("_files") in pages:
                return
            self._visit_folder(Path(entry.path), name, above)
        elif suffix not in SUFFIXES:
            self.listing.ignored[suffix or "no suffix"] += 1
        else:
            self._add_file(Path(entry.path), name, status)

    def _visit_folder(self, path: Path, name: str, above: tuple[tuple[int, int], ...]) -> None:
        identity = _identity(path)
        if identity in above:
            raise UnreadableFile("it is a link to a folder that contains it", "remove the link")
        if identity in self.visited:
            raise UnreadableFile(
                f"it is a link to the folder {self.visited[identity]}, which is indexed", "remove the link"
            )
        self.visited[identity] = name
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError:
            self.listing.unreadable_folders.append(name)
            raise
        self.visit(entries, f"{name}/", (*above, identity))

    def _add_file(self, path: Path, name: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("it is not a regular file", "remove it")
        if _printable(name) != name:
            raise UnreadableFile("its name contains characters that are not text", "rename it")
        if len(self.listing.files) >= MAX_FILES:
            raise UnreadableFile(f"the folder has over {MAX_FILES} documents", "divide it into several")
        if status.st_size > self.max_bytes:
            raise too_large(status.st_size, self.max_bytes)
        self.listing.files.append(FoundFile(path, name, status.st_size, status.st_mtime_ns))


def _is_page(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in {".html", ".htm", ".xhtml"}


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _printable(name: str) -> str:
    """Return a name as it can be printed and stored."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def walk_signature(folder: Path, max_bytes: int) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a document of the folder changes; empty if the folder cannot be read."""
    try:
        listing = list_documents(folder, max_bytes)
    except UnreadableFile:
        return ()
    return tuple((file.name, file.size, file.modified_ns) for file in listing.files)


def below(name: str, folders: Sequence[str]) -> Iterator[str]:
    """Yield the folders that contain a document."""
    return (folder for folder in folders if name.startswith(f"{folder}/"))
