"""Embeddings of passages in Postgres with pgvector: stored, and searched for the nearest."""

from collections.abc import Callable, Sequence

import asyncpg
import httpx2

from parley.errors import ParleyError
from parley.knowledge.embeddings import EmbeddingModel, batches, embed_all
from parley.knowledge.found import FoundPassage
from parley.knowledge.full_text import found_passage

_MIN_VERSION = (0, 7)
"""Vectors of half precision."""
_EF_SEARCH = 100
_PREPARE = """
SELECT set_config('hnsw.ef_search', $1, true),
    CASE WHEN (SELECT string_to_array(extversion, '.')::int[] >= '{0,8}' FROM pg_extension
               WHERE extname = 'vector')
    THEN set_config('hnsw.iterative_scan', 'relaxed_order', true) END
"""


class VectorsUnavailable(ParleyError):
    """The database cannot store embeddings; the text has the reason and the remedy."""


def _table(dimensions: int) -> str:
    """Return the name of the table of vectors of this length, which an index requires to be equal."""
    return f"knowledge_embeddings_{int(dimensions)}"


async def prepare_database(connection: asyncpg.Connection, dimensions: int) -> None:
    """Create the extension and the table for vectors of this length, unless they exist.

    Raises:
        VectorsUnavailable: pgvector is not installed, too old, or may not be created by this user.
    """
    remedy = "install pgvector 0.7 or later on the database server, or index without an embedding model"
    if await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") is None:
        raise VectorsUnavailable(f"the database server has no extension `vector`: {remedy}")
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except asyncpg.InsufficientPrivilegeError:
        raise VectorsUnavailable(
            "the database user may not create the extension `vector`: "
            "run `CREATE EXTENSION vector` once as the database's administrator"
        ) from None
    version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if tuple(int(part) for part in version.split(".")[:2]) < _MIN_VERSION:
        raise VectorsUnavailable(f"the extension `vector` has version {version}: {remedy}")
    table = _table(dimensions)
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (base text NOT NULL, passage_id text NOT NULL, "
        f"embedding halfvec({int(dimensions)}) NOT NULL, PRIMARY KEY (base, passage_id), "
        "FOREIGN KEY (base, passage_id) REFERENCES knowledge_passages ON DELETE CASCADE)"
    )


async def embed_passages(
    connection: asyncpg.Connection,
    client: httpx2.AsyncClient,
    base: str,
    model: EmbeddingModel,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Store the embeddings that passages lack; return their number.

    An interrupted run is continued by the next. Another model than before replaces all embeddings.

    Raises:
        EmbeddingFailed: the server did not return them.
        VectorsUnavailable: the database cannot store them.
    """
    dimensions = await _select_model(connection, client, base, model)
    table = _table(dimensions)
    rows = await connection.fetch(
        f"SELECT passage_id, array_to_string(titles, '. ') || chr(10) || text AS text "  # noqa: S608 - our name
        f"FROM knowledge_passages p WHERE base = $1 AND NOT EXISTS "
        f"(SELECT FROM {table} e WHERE e.base = p.base AND e.passage_id = p.passage_id) ORDER BY path, n",
        base,
    )
    texts = [row["text"] for row in rows]
    for batch in batches(texts):
        vectors = await embed_all(client, model, [texts[number] for number in batch])
        await connection.executemany(
            f"INSERT INTO {table} VALUES ($1, $2, $3::text::halfvec) ON CONFLICT DO NOTHING",  # noqa: S608
            [
                (base, rows[number]["passage_id"], as_text(vector))
                for number, vector in zip(batch, vectors, strict=True)
            ],
        )
        progress(batch.stop, len(texts))
    # Built after the first passages are stored, which takes a fraction of the time of adding each to it.
    await connection.execute(
        f"CREATE INDEX IF NOT EXISTS {table}_nearest ON {table} USING hnsw (embedding halfvec_cosine_ops)"
    )
    return len(texts)


async def _select_model(
    connection: asyncpg.Connection, client: httpx2.AsyncClient, base: str, model: EmbeddingModel
) -> int:
    """Note the model of a knowledge base, and remove the embeddings of another; return the dimensions."""
    before = await connection.fetchrow(
        "SELECT embedding_model, embedding_dimensions FROM knowledge_bases WHERE name = $1", base
    )
    same = before["embedding_model"] == model.model and before["embedding_dimensions"]
    if same and model.dimensions in (0, before["embedding_dimensions"]):
        await prepare_database(connection, before["embedding_dimensions"])
        return int(before["embedding_dimensions"])
    [vector] = await embed_all(client, model, ["length"])
    await prepare_database(connection, len(vector))
    async with connection.transaction():
        await remove_embeddings(connection, base)
        await connection.execute(
            "UPDATE knowledge_bases SET embedding_model = $2, embedding_dimensions = $3 WHERE name = $1",
            *(base, model.model, len(vector)),
        )
    return len(vector)


async def remove_embeddings(connection: asyncpg.Connection, base: str) -> None:
    """Remove a knowledge base's embeddings; it is searched as full text from then on."""
    dimensions = await connection.fetchval(
        "SELECT embedding_dimensions FROM knowledge_bases WHERE name = $1", base
    )
    if dimensions:
        await connection.execute(f"DELETE FROM {_table(dimensions)} WHERE base = $1", base)  # noqa: S608
    await connection.execute(
        "UPDATE knowledge_bases SET embedding_model = '', embedding_dimensions = 0 WHERE name = $1", base
    )


async def search_vectors(
    connection: asyncpg.Connection, bases: Sequence[str], vector: Sequence[float], limit: int
) -> tuple[FoundPassage, ...]:
    """Return the passages whose embeddings are nearest; the score is the cosine of the angle."""
    table = _table(len(vector))
    async with connection.transaction(readonly=True):
        await connection.execute(_PREPARE, str(_EF_SEARCH))
        rows = await connection.fetch(
            f"SELECT p.base, p.passage_id, p.path, p.titles, p.page, p.text, 1 - e.distance AS score FROM ("  # noqa: S608
            f"SELECT base, passage_id, embedding <=> $2::text::halfvec AS distance FROM {table} "
            "WHERE base = ANY($1) ORDER BY embedding <=> $2::text::halfvec LIMIT $3"
            ") e JOIN knowledge_passages p USING (base, passage_id) ORDER BY e.distance, p.passage_id",
            *(list(bases), as_text(vector), limit),
        )
    return tuple(found_passage(row) for row in rows)


def as_text(vector: Sequence[float]) -> str:
    """Return a vector in the text form of pgvector."""
    return f"[{','.join(f'{value:.6g}' for value in vector)}]"
