"""Indexes the documents beside an agent file in the database of the system under test."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg

from parley.errors import ParleyError
from parley.knowledge.indexing import CannotIndex, IndexJob, index_folder

_FOLDER = "knowledge"
_CONNECT_TIMEOUT_S = 10.0
_COMMAND_TIMEOUT_S = 60.0


class KnowledgeFailed(ParleyError):
    """A knowledge base could not be indexed; the message names its folder and the reason."""


def knowledge_folders(agent_files: Iterable[Path]) -> dict[str, Path]:
    """The folders `knowledge/NAME` beside agent files, by name; none if no agent searches knowledge."""
    found: dict[str, Path] = {}
    for folder in dict.fromkeys(path.absolute().parent for path in agent_files):
        if any("search_knowledge" in _text(path) for path in folder.glob("*.yaml")):
            bases = sorted(path for path in (folder / _FOLDER).glob("*") if path.is_dir())
            found |= {path.name: path for path in bases}
    return found


async def index_knowledge(database_url: str, folders: dict[str, Path]) -> None:
    """Index each folder as the knowledge base of its name.

    Raises:
        KnowledgeFailed: the database cannot be reached, or a folder cannot be indexed.
    """
    if not folders:
        return
    try:
        connection = await asyncpg.connect(
            database_url, timeout=_CONNECT_TIMEOUT_S, command_timeout=_COMMAND_TIMEOUT_S
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise KnowledgeFailed(f"no connection to the database of the tests: {error}") from None
    try:
        for name, folder in folders.items():
            report = await index_folder(connection, IndexJob(folder, name), lambda _result, _total: None)
            if failed := [result for result in report.results if result.status == "failed"]:
                first = failed[0]
                raise KnowledgeFailed(f"{folder / first.name}: {first.reason}; {first.remedy}")
    except CannotIndex as error:
        raise KnowledgeFailed(str(error)) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise KnowledgeFailed(f"the database of the tests: {error}") from None
    finally:
        await connection.close(timeout=5)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
