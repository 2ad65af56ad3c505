"""Full text search in Postgres: each passage is ranked by the query's terms that it contains."""

from collections.abc import Sequence

import asyncpg

from parley.knowledge.found import FoundPassage
from parley.knowledge.terms import QueryTerm, WeightedTerm, choose, merged, missing, weight_of

MAX_QUERY_CHARS = 1000
_PREFIX_WEIGHT = 0.7
_SIMILAR_WEIGHT = 0.8
"""Times the similarity of the two terms."""

# The planner does not know the value of a parameter in a sub-select, and therefore keeps one plan for all
# values: planning takes as long as the search. All arrays are of texts, because asyncpg reads the definitions
# of other types from the database in the first search of each connection, which takes 30 ms.
_TERMS = """
SELECT c.configuration, q.lexeme, coalesce((
    SELECT passages FROM knowledge_terms
    WHERE base = b.base AND configuration = c.configuration AND term = q.lexeme COLLATE "C"
), 0), c.total
FROM unnest((SELECT $1::text[])) AS b(base)
CROSS JOIN LATERAL (
    SELECT term COLLATE "default" AS configuration, passages AS total FROM knowledge_terms
    WHERE base = b.base AND configuration = ''
    UNION ALL
    SELECT configuration, sum(passages)::int FROM knowledge_documents
    WHERE base = b.base
        AND NOT EXISTS (SELECT FROM knowledge_terms WHERE base = b.base AND configuration = '')
    GROUP BY configuration
) c
CROSS JOIN LATERAL unnest(to_tsvector(c.configuration::regconfig, $2)) q
"""
"""The totals of `count_terms`, or those of the documents of a base that was not counted since an update."""
_PREFIXED = """
SELECT (m.n - 1)::int, t.term, sum(t.passages)::int
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS m(configuration, term, n)
CROSS JOIN LATERAL (
    SELECT term, passages FROM knowledge_terms k
    WHERE k.base = ANY($1) AND k.configuration = m.configuration
        AND k.term >= m.term COLLATE "C" AND k.term < (m.term || chr(1114111)) COLLATE "C"
    ORDER BY length(term) LIMIT 3
) t
GROUP BY m.n, t.term
"""
_SIMILAR = """
SELECT (m.n - 1)::int, t.term, sum(t.passages)::int, max(t.similarity)
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS m(configuration, term, n)
CROSS JOIN LATERAL (
    SELECT term, passages, similarity(term, m.term) AS similarity FROM knowledge_terms k
    WHERE k.base = ANY($1) AND k.configuration = m.configuration AND k.term % m.term
    ORDER BY similarity(term, m.term) DESC LIMIT 3
) t
GROUP BY m.n, t.term
"""
_HAS_TRIGRAMS = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')"
_RANKED = """
WITH terms AS MATERIALIZED (
    SELECT configuration, query::tsquery AS query, weight, leads
    FROM unnest(
        (SELECT $2::text[]), (SELECT $3::text[]),
        (SELECT $4::text[]::float8[]), (SELECT $5::text[]::bool[])
    ) AS u(configuration, query, weight, leads)
), parts AS (
    SELECT p.ctid AS address, p.passage_id,
        t.weight * ts_rank('{0.4, 0.3, 0.4, 1}', p.search, t.query) AS score
    FROM terms t
    JOIN knowledge_passages p
        ON p.search @@ t.query AND p.base = ANY((SELECT $1::text[])::text[])
            AND p.configuration = t.configuration
    WHERE t.leads
    OFFSET 0
), candidates AS (
    SELECT address, sum(score) AS score FROM parts
    GROUP BY address ORDER BY score DESC, min(passage_id) LIMIT greatest((SELECT $6::int) * 2, 50)
)
SELECT p.base, p.passage_id, p.path, p.titles, p.page, p.text, c.score + coalesce((
    SELECT sum(t.weight * ts_rank('{0.4, 0.3, 0.4, 1}', p.search, t.query))
    FROM terms t WHERE NOT t.leads AND t.configuration = p.configuration
), 0) AS score
FROM candidates c JOIN knowledge_passages p ON p.ctid = c.address
ORDER BY score DESC, p.passage_id LIMIT (SELECT $6::int)
"""
"""The weights are those of the text, of C (unused), of the titles above, and of the section's title.

A row's address (`ctid`) is valid within a statement, and is compared and looked up faster than its key.
"""


async def search_full_text(
    connection: asyncpg.Connection, bases: Sequence[str], query: str, limit: int
) -> tuple[FoundPassage, ...]:
    """Return the passages that answer a query best, the best first."""
    rows = await connection.fetch(_TERMS, list(dict.fromkeys(bases)), clean_query(query))
    terms = merged(QueryTerm(*row) for row in rows)
    chosen = list(choose(terms))
    if absent := missing(terms):
        chosen += await _replacements(connection, bases, absent)
    if not chosen:
        return ()
    found = await connection.fetch(
        _RANKED,
        list(bases),
        [term.configuration for term in chosen],
        [term.tsquery for term in chosen],
        [str(term.weight) for term in chosen],
        [str(term.leading) for term in chosen],
        limit,
    )
    return tuple(found_passage(row) for row in found)


def clean_query(query: str) -> str:
    """Return a query without characters that the database refuses."""
    return query[:MAX_QUERY_CHARS].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def found_passage(row: asyncpg.Record) -> FoundPassage:
    """Return the passage of a row."""
    return FoundPassage(
        row["base"],
        row["passage_id"],
        row["path"],
        tuple(row["titles"]),
        row["page"],
        row["text"],
        float(row["score"]),
    )


async def _replacements(
    connection: asyncpg.Connection, bases: Sequence[str], absent: Sequence[QueryTerm]
) -> list[WeightedTerm]:
    """Return terms that stand for those that no passage contains: longer words, and similar ones."""
    arguments = (
        list(bases),
        [term.configuration for term in absent],
        [term.term for term in absent],
    )
    prefixed = await connection.fetch(_PREFIXED, *arguments)
    candidates = [(n, term, passages, _PREFIX_WEIGHT) for n, term, passages in prefixed]
    if len({n for n, *_ in candidates}) < len(absent) and await connection.fetchval(_HAS_TRIGRAMS):
        prefixes = {n for n, *_ in candidates}
        similar = await connection.fetch(_SIMILAR, *arguments)
        candidates += [
            (n, term, passages, _SIMILAR_WEIGHT * similarity)
            for n, term, passages, similarity in similar
            if n not in prefixes
        ]
    return [
        WeightedTerm(
            absent[n].configuration,
            term,
            factor * weight_of(QueryTerm(absent[n].configuration, term, passages, absent[n].total)),
        )
        for n, term, passages, factor in candidates
    ]
