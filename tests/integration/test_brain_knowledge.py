"""The tool search_knowledge over a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from parley.agent_config import AgentConfig
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.database.connections import Database
from parley.events.envelope import Body
from services.brain.knowledge.search import KnowledgeSearch
from services.brain.tool_call import ToolCall
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import ToolResult, run_tool
from tests.integration.knowledge_base import HELPDESK, connected, index
from tests.tcp_server import tcp_server


def _agent(**options: object) -> AgentConfig:
    tool = {"type": "search_knowledge", "names": ["docs"], **options}
    return AgentConfig.model_validate({"prompt": "x", "tools": [tool]})


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, "parley-test")
    async with database.opened():
        yield database


async def _call(database: Database, query: str, **options: object) -> tuple[ToolResult, list[Body]]:
    """Run the tool; return its result and the events that it appended."""
    events: list[Body] = []

    async def append(body: Body) -> None:
        events.append(body)

    agent = _agent(**options)
    async with open_tool_resources() as resources:
        context = context_without_call(agent, replace(resources, database=database), "CA1")
        tools = build_tools(agent, replace(context, append=append))
        call = ToolCall("t1", "search_knowledge", json.dumps({"query": query}), "r1")
        return await run_tool(tools, call), events


async def test_an_answer_with_its_source(postgres_url: str) -> None:
    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)
    async with _opened(postgres_url) as database:
        result, [event] = await _call(database, "late payment reminder fee")
        best = json.loads(result.result)["passages"][0]
        assert best["source"] == "billing.md, Late payment"
        assert "second reminder costs $6" in best["text"]
        assert (event.passages[0].document, event.passages[0].section) == ("billing.md", "Late payment")
        assert (event.mode, event.tool_call_id, event.failure) == ("tool", "t1", "")

        result, [event] = await _call(database, "late payment reminder fee", top_k=1)
        assert len(json.loads(result.result)["passages"]) == 1

        result, [event] = await _call(database, "dinosaurs")
        assert json.loads(result.result)["passages"] == []
        assert (result.failed, list(event.passages), event.failure) == (False, [], "")

        result, [event] = await _call(database, "late payment", names=["nowhere"])
        assert (result.failed, list(event.passages)) == (False, [])


async def test_without_a_database_the_result_is_a_failure(postgres_url: str) -> None:
    async with _opened("postgresql://postgres@127.0.0.1:1/x") as database:
        result, [event] = await _call(database, "late payment", timeout_s=1)
        assert (result.failed, bool(event.failure)) == (True, True)
        assert "cannot be searched" in result.result
    async with _opened(postgres_url) as database:
        result, [event] = await _call(database, "late payment")
        assert (result.failed, list(event.passages)) == (False, [])


async def test_a_database_that_does_not_respond_costs_the_time_limit() -> None:
    async def receive(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tcp_server(receive) as port, _opened(f"postgresql://postgres@127.0.0.1:{port}/x") as database:
        section = SearchKnowledgeTool(names=("docs",), timeout_s=0.5)
        result = await KnowledgeSearch(section, database).run("late payment")
        assert "no answer within 0.5 s" in result.failure
        assert result.took_ms < 2000
