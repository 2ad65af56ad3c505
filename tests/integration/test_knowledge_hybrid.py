"""Hybrid search: embeddings from an emulated server, in a real pgvector."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path

import asyncpg
import httpx2
import pytest

from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.database.connections import Database
from parley.knowledge.embeddings import EmbeddingFailed, EmbeddingModel, embed_query
from parley.knowledge.full_text import search_full_text
from parley.knowledge.hybrid import search_hybrid
from parley.knowledge.store import list_bases
from parley.knowledge.vectors import VectorsUnavailable, embed_passages, prepare_database, remove_embeddings
from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.knowledge.search import KnowledgeSearch
from tests.eventually import eventually
from tests.integration.knowledge_base import HELPDESK, connected, index

_MODEL = "text-embedding-3-small"


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """An emulated server with its base URL."""
    made = OpenAIEmulator(OpenAISandboxSettings())
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client."""
    async with httpx2.AsyncClient() as client:
        yield client


async def test_only_new_passages_are_embedded(
    postgres_url: str, tmp_path: Path, emulator: tuple[OpenAIEmulator, str], http: httpx2.AsyncClient
) -> None:
    made, url = emulator
    model = EmbeddingModel(_MODEL, 256, url, "k")
    (tmp_path / "a.md").write_text("# One\n\nFirst text.\n\n# Two\n\nSecond text.")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        assert await embed_passages(connection, http, "docs", model) == 2
        requests = made.embeddings.requests
        assert await embed_passages(connection, http, "docs", model) == 0
        assert made.embeddings.requests == requests

        (tmp_path / "a.md").write_text("# One\n\nFirst text.\n\n# Two\n\nOther text.")
        await index(connection, tmp_path)
        assert await embed_passages(connection, http, "docs", model) == 1
        [base] = await list_bases(connection)
        assert (base.embedding_model, base.embedding_dimensions) == (_MODEL, 256)

        other = EmbeddingModel("text-embedding-3-large", 0, url, "k")
        assert await embed_passages(connection, http, "docs", other) == 2
        [base] = await list_bases(connection)
        assert (base.embedding_model, base.embedding_dimensions) == ("text-embedding-3-large", 3072)

        await remove_embeddings(connection, "docs")
        assert (await list_bases(connection))[0].embedding_model == ""


async def test_words_that_full_text_misses_are_found(
    postgres_url: str, emulator: tuple[OpenAIEmulator, str], http: httpx2.AsyncClient
) -> None:
    model = EmbeddingModel(_MODEL, 512, emulator[1], "k")
    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)
        await embed_passages(connection, http, "docs", model)
        query = "parentl kontrols"
        assert not await search_full_text(connection, ["docs"], query, 3)
        vector = embed_query(http, model, query)
        found, hybrid = await search_hybrid(
            partial(nullcontext, connection), ["docs"], query, vector, _MODEL, 3
        )
        assert hybrid
        assert "Parental controls" in [passage.titles[-1] for passage in found]

        query = "late payment reminder"
        vector = embed_query(http, model, query)
        found, _ = await search_hybrid(partial(nullcontext, connection), ["docs"], query, vector, _MODEL, 3)
        assert "Late payment" in [passage.titles[-1] for passage in found]

        vector = embed_query(http, model, query)
        _, hybrid = await search_hybrid(
            partial(nullcontext, connection), ["docs"], query, vector, "another-model", 3
        )
        assert not hybrid


async def test_no_connection_is_used_while_the_query_is_embedded(postgres_url: str) -> None:
    """Other calls need the connections; the embedding comes from another server."""
    in_use, used = 0, 0

    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)

        @asynccontextmanager
        async def connect() -> AsyncIterator[asyncpg.Connection]:
            nonlocal in_use, used
            in_use, used = in_use + 1, used + 1
            yield connection
            in_use -= 1

        async def vector() -> None:
            await eventually(lambda: (used == 1 and in_use == 0) or None)

        found, hybrid = await search_hybrid(connect, ["docs"], "late payment reminder", vector(), _MODEL, 3)

    assert found
    assert not hybrid


async def test_a_refused_key_leaves_full_text(
    postgres_url: str, emulator: tuple[OpenAIEmulator, str], http: httpx2.AsyncClient
) -> None:
    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)
        for key, name, reason in (("bad", _MODEL, "Incorrect API key"), ("k", "none-such", "does not exist")):
            with pytest.raises(EmbeddingFailed, match=reason):
                await embed_passages(connection, http, "docs", EmbeddingModel(name, 0, emulator[1], key))
        assert await search_full_text(connection, ["docs"], "late payment", 3)


async def test_a_user_without_rights_gets_the_remedy(postgres_url: str) -> None:
    async with connected(postgres_url) as connection:
        await connection.execute("DROP ROLE IF EXISTS reader")
        await connection.execute("CREATE ROLE reader LOGIN")
    limited = await asyncpg.connect(postgres_url.replace("postgres@", "reader@"))
    try:
        with pytest.raises(VectorsUnavailable, match="CREATE EXTENSION vector"):
            await prepare_database(limited, 256)
    finally:
        await limited.close()


async def test_a_search_of_the_brain(
    postgres_url: str,
    emulator: tuple[OpenAIEmulator, str],
    http: httpx2.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, url = emulator
    monkeypatch.setenv("SERVER_KEY", "k")
    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)
        await embed_passages(connection, http, "docs", EmbeddingModel(_MODEL, 256, url, "k"))
    embedding = {"model": _MODEL, "dimensions": 256, "base_url": url, "api_key_env": "SERVER_KEY"}
    section = SearchKnowledgeTool.model_validate({"names": ["docs"], "embedding": embedding})
    database = Database(postgres_url, "parley-test")
    async with database.opened():
        search = KnowledgeSearch(section, database, http)
        result = await search.run("late payment")
        assert (result.hybrid, result.failure) == (True, "")
        assert "Late payment" in [passage.titles[-1] for passage in result.passages]
        made.runtime_settings.update({"llm_refuse": 500})
        result = await search.run("late payment")
        assert (result.hybrid, result.failure) == (False, "")
        assert result.passages[0].titles[-1] == "Late payment"
