"""Searches the knowledge bases of an agent, within a time limit."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
import structlog

from parley.agent_config.tools.search_knowledge import EmbeddingSection, SearchKnowledgeTool
from parley.database.connections import Database
from parley.errors import ProviderError
from parley.knowledge.embeddings import EmbeddingFailed, EmbeddingModel, embed_query
from parley.knowledge.found import FoundPassage, within_budget
from parley.knowledge.full_text import search_full_text
from parley.knowledge.hybrid import search_hybrid
from parley.v1.knowledge_pb2 import KnowledgePassage, KnowledgeSearched
from services.brain.settings import read_secret

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The passages that a search has found, or the reason why it failed."""

    query: str
    passages: tuple[FoundPassage, ...] = ()
    took_ms: int = 0
    failure: str = ""
    hybrid: bool = False


class KnowledgeSearch:
    """The search of one agent; it never raises."""

    def __init__(
        self, section: SearchKnowledgeTool, database: Database, http: httpx2.AsyncClient | None = None
    ) -> None:
        """Create a search; `http` sends the requests to the embedding model."""
        self.section = section
        self._database = database
        self._http = http

    async def run(self, query: str) -> SearchResult:
        """Search for a query."""
        started_s = time.monotonic()
        try:
            async with asyncio.timeout(self.section.timeout_s):
                passages, hybrid = await self._search(query)
        except TimeoutError:
            return self._failed(query, f"no answer within {self.section.timeout_s:g} s", started_s)
        except ProviderError as error:
            return self._failed(query, error.reason, started_s)
        except Exception as error:  # a defect of the search must not end the call
            return self._failed(query, type(error).__name__, started_s)
        return SearchResult(query, passages, _ms_since(started_s), hybrid=hybrid)

    async def _search(self, query: str) -> tuple[tuple[FoundPassage, ...], bool]:
        section = self.section
        if section.embedding is None or self._http is None:
            async with self._database.connection() as connection:
                found = await search_full_text(connection, section.names, query, section.top_k)
            return within_budget(found, section.max_characters), False
        found, hybrid = await search_hybrid(
            self._database.connection,
            section.names,
            query,
            self._embed(self._http, section.embedding, query),
            section.embedding.model,
            section.top_k,
        )
        return within_budget(found, section.max_characters), hybrid

    async def _embed(
        self, http: httpx2.AsyncClient, section: EmbeddingSection, query: str
    ) -> Sequence[float] | None:
        """Return the embedding of a query; None if the server does not return it in time."""
        try:
            async with asyncio.timeout(section.timeout_s):
                return await embed_query(http, _model(section), query)
        except TimeoutError:
            reason = f"no answer within {section.timeout_s:g} s"
        except EmbeddingFailed as error:
            reason = str(error)
        log.warning("query_not_embedded", model=section.model, reason=reason)
        return None

    def _failed(self, query: str, reason: str, started_s: float) -> SearchResult:
        log.warning("knowledge_search_failed", names=list(self.section.names), reason=reason)
        return SearchResult(query, (), _ms_since(started_s), reason)


def searched(
    result: SearchResult, section: SearchKnowledgeTool, mode: str, turn: int, tool_call_id: str = ""
) -> KnowledgeSearched:
    """Return the event of a search."""
    return KnowledgeSearched(
        mode=mode,
        turn=turn,
        tool_call_id=tool_call_id,
        names=section.names,
        query=result.query,
        passages=[
            KnowledgePassage(
                name=passage.base,
                passage_id=passage.passage_id,
                document=passage.path,
                section=passage.titles[-1] if passage.titles else "",
                page=passage.page,
                score=passage.score,
            )
            for passage in result.passages
        ],
        took_ms=result.took_ms,
        hybrid=result.hybrid,
        failure=result.failure,
    )


def _model(section: EmbeddingSection) -> EmbeddingModel:
    key = read_secret(section.api_key_env) if section.api_key_env else ""
    base_url = section.base_url or read_secret("OPENAI_BASE_URL")
    return EmbeddingModel(section.model, section.dimensions, base_url, key)


def _ms_since(started_s: float) -> int:
    return round((time.monotonic() - started_s) * 1000)
