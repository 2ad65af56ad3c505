"""Documents and passages in Postgres; each document is replaced in one transaction."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from parley.knowledge.document import Document
from parley.knowledge.languages import configuration

_PUT_DOCUMENT = """
INSERT INTO knowledge_documents
    (base, path, title, language, configuration, content_hash, index_version, size, pages, passages)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (base, path) DO UPDATE SET
    title = excluded.title, language = excluded.language, configuration = excluded.configuration,
    content_hash = excluded.content_hash, index_version = excluded.index_version, size = excluded.size,
    pages = excluded.pages, passages = excluded.passages, indexed_at = now()
"""
_PUT_PASSAGES = """
INSERT INTO knowledge_passages (base, path, passage_id, n, titles, page, text, configuration, search)
SELECT $1, $2, id, n, string_to_array(titles, chr(10)), page, text, $3,
    setweight(to_tsvector($3::text::regconfig, section), 'A')
    || setweight(to_tsvector($3::text::regconfig, above), 'B')
    || to_tsvector($3::text::regconfig, text)
FROM unnest($4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::int[], $10::text[])
    AS u(id, n, titles, section, above, page, text)
ON CONFLICT (base, passage_id) DO UPDATE SET
    n = excluded.n, page = excluded.page, configuration = excluded.configuration, search = excluded.search
"""
_COUNT_TERMS = """
INSERT INTO knowledge_terms (base, configuration, term, passages)
SELECT $1, $2, word, ndoc
FROM ts_stat(format(
    'SELECT search FROM knowledge_passages WHERE base = %L AND configuration = %L', $1::text, $2::text
))
"""
_COUNT_PASSAGES = """
INSERT INTO knowledge_terms (base, configuration, term, passages)
SELECT base, '', configuration, count(*) FROM knowledge_passages WHERE base = $1 GROUP BY base, configuration
"""
"""Without a configuration, the term is the name of one, and all its passages are counted."""
_LIST = """
SELECT b.name, b.embedding_model, b.embedding_dimensions, b.changed_at, count(d.path)::int AS documents,
    coalesce(sum(d.passages), 0)::int AS passages, coalesce(sum(d.size), 0)::bigint AS size
FROM knowledge_bases b LEFT JOIN knowledge_documents d ON d.base = b.name
GROUP BY b.name ORDER BY b.name
"""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The state of a document when it was indexed; it is compared with the file."""

    content_hash: str
    index_version: str


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """A knowledge base, and how much is in it."""

    name: str
    documents: int
    passages: int
    size: int
    """Bytes of the files."""
    embedding_model: str
    """Empty: full text only."""
    embedding_dimensions: int
    changed_at: dt.datetime


async def list_bases(connection: asyncpg.Connection) -> tuple[KnowledgeBase, ...]:
    """Return all knowledge bases by name."""
    return tuple(
        KnowledgeBase(
            row["name"],
            row["documents"],
            row["passages"],
            row["size"],
            row["embedding_model"],
            row["embedding_dimensions"],
            row["changed_at"],
        )
        for row in await connection.fetch(_LIST)
    )


async def enable_similar_terms(connection: asyncpg.Connection) -> None:
    """Let searches replace unknown words by similar ones, if the server and the user's rights allow it."""
    available = await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
    if available is None:
        return
    # Two processes may create it at once; without the right to, searches do without it.
    with suppress(asyncpg.InsufficientPrivilegeError, asyncpg.UniqueViolationError):
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        await connection.execute(
            "CREATE INDEX IF NOT EXISTS knowledge_terms_similar "
            "ON knowledge_terms USING gin (term gin_trgm_ops)"
        )


async def create_base(connection: asyncpg.Connection, name: str) -> None:
    """Create a knowledge base unless there is one of this name."""
    await connection.execute("INSERT INTO knowledge_bases (name) VALUES ($1) ON CONFLICT DO NOTHING", name)


async def remove_base(connection: asyncpg.Connection, name: str) -> bool:
    """Remove a knowledge base with all its documents; return whether there was one."""
    result: str = await connection.execute("DELETE FROM knowledge_bases WHERE name = $1", name)
    return result != "DELETE 0"


async def stored_documents(connection: asyncpg.Connection, base: str) -> dict[str, StoredDocument]:
    """Return the documents of a knowledge base by path."""
    rows = await connection.fetch(
        "SELECT path, content_hash, index_version FROM knowledge_documents WHERE base = $1", base
    )
    return {row["path"]: StoredDocument(row["content_hash"], row["index_version"]) for row in rows}


async def put_document(
    connection: asyncpg.Connection, base: str, document: Document, index_version: str
) -> None:
    """Store a document in place of its previous version; a search sees either one or the other.

    Unchanged passages stay, and with them their embeddings.
    """
    language = configuration(document.language)
    passages = document.passages
    async with connection.transaction():
        await _changed(connection, base)
        await connection.execute(
            _PUT_DOCUMENT,
            *(base, document.path, document.title, document.language, language, document.content_hash),
            *(index_version, document.size, document.pages, len(passages)),
        )
        ids = [passage.passage_id for passage in passages]
        await connection.execute(
            "DELETE FROM knowledge_passages WHERE base = $1 AND path = $2 AND passage_id <> ALL($3)",
            *(base, document.path, ids),
        )
        await connection.execute(
            _PUT_PASSAGES,
            *(base, document.path, language, ids, list(range(1, len(passages) + 1))),
            ["\n".join(passage.titles) for passage in passages],
            [passage.titles[-1] if passage.titles else "" for passage in passages],
            ["\n".join(passage.titles[:-1]) for passage in passages],
            [passage.page for passage in passages],
            [passage.text for passage in passages],
        )


async def remove_documents(connection: asyncpg.Connection, base: str, paths: Sequence[str]) -> None:
    """Remove documents with their passages."""
    async with connection.transaction():
        await _changed(connection, base)
        await connection.execute(
            "DELETE FROM knowledge_documents WHERE base = $1 AND path = ANY($2)", base, list(paths)
        )


async def count_terms(connection: asyncpg.Connection, base: str) -> None:
    """Count in how many passages each term occurs, unless that is up to date."""
    async with connection.transaction():
        counted = await connection.fetchval(
            "SELECT terms_counted FROM knowledge_bases WHERE name = $1 FOR UPDATE", base
        )
        if counted is not False:
            return
        await connection.execute("DELETE FROM knowledge_terms WHERE base = $1", base)
        languages = await connection.fetch(
            "SELECT DISTINCT configuration FROM knowledge_documents WHERE base = $1", base
        )
        for row in languages:
            await connection.execute(_COUNT_TERMS, base, row["configuration"])
        await connection.execute(_COUNT_PASSAGES, base)
        await connection.execute("UPDATE knowledge_bases SET terms_counted = true WHERE name = $1", base)
        # A search right after the first run would otherwise be planned for empty tables.
        await connection.execute("ANALYZE knowledge_documents, knowledge_passages, knowledge_terms")


async def _changed(connection: asyncpg.Connection, base: str) -> None:
    await connection.execute(
        "UPDATE knowledge_bases SET changed_at = now(), terms_counted = false WHERE name = $1", base
    )
