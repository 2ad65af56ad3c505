"""Hybrid search: full text and embeddings, fused by the ranks of their results."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TypeAlias

import asyncpg

from parley.knowledge.found import FoundPassage
from parley.knowledge.full_text import search_full_text
from parley.knowledge.vectors import search_vectors

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]
"""Takes a connection from a pool."""

CANDIDATES = 30
"""Results of each search that are fused."""
_RANK_CONSTANT = 60
"""The usual constant of reciprocal rank fusion: how little the first ranks count more than the next."""


def fused(*rankings: Sequence[FoundPassage]) -> tuple[FoundPassage, ...]:
    """Return the passages of all rankings, the best first, by reciprocal rank fusion."""
    scores: dict[tuple[str, str], float] = {}
    passages: dict[tuple[str, str], FoundPassage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            key = (passage.base, passage.passage_id)
            passages.setdefault(key, passage)
            scores[key] = scores.get(key, 0.0) + 1 / (_RANK_CONSTANT + rank)
    ordered = sorted(scores, key=lambda key: (-scores[key], key))
    return tuple(replace(passages[key], score=scores[key]) for key in ordered)


async def matching_bases(
    connection: asyncpg.Connection, bases: Sequence[str], model: str, dimensions: int
) -> tuple[str, ...]:
    """Return the knowledge bases whose embeddings can be compared with a vector of this model."""
    rows = await connection.fetch(
        "SELECT name FROM knowledge_bases WHERE name = ANY($1) AND embedding_model = $2 "
        "AND embedding_dimensions = $3",
        *(list(bases), model, dimensions),
    )
    return tuple(row["name"] for row in rows)


async def search_hybrid(
    connect: Connect,
    bases: Sequence[str],
    query: str,
    vector: Awaitable[Sequence[float] | None],
    model: str,
    limit: int,
) -> tuple[tuple[FoundPassage, ...], bool]:
    """Return the best passages, and whether embeddings were compared.

    `vector` is awaited during the full text search; without one, full text alone decides. No connection is
    used while it is awaited: it comes from another server, and other calls need the connections.
    """
    waiting = asyncio.ensure_future(vector)
    try:
        async with connect() as connection:
            by_words = await search_full_text(connection, bases, query, CANDIDATES)
        embedded = await waiting
    finally:
        waiting.cancel()
    if embedded is None:
        return by_words[:limit], False
    async with connect() as connection:
        comparable = await matching_bases(connection, bases, model, len(embedded))
        if not comparable:
            return by_words[:limit], False
        nearest = await search_vectors(connection, comparable, embedded, CANDIDATES)
    return fused(by_words, nearest)[:limit], True
