"""The context of the tools of one call: its data, shared clients, and access to the call's log."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx2

from parley.agent_config import AgentConfig
from parley.database.connections import Database
from parley.events.envelope import Body
from parley.records.plugin import RecordsContext
from parley.records.pool import RecordsPool, open_records
from parley.v1.call_pb2 import DIRECTION_OUTBOUND, CallStarted
from services.brain.conversation import Conversation
from services.brain.tools.http_client import open_http_client
from services.brain.tools.mcp.pool import McpServers, open_mcp_servers

_MAX_THREADS = 32
"""Python tools of one process that run at the same time; further ones wait."""

_MAX_DATABASE_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class ToolResources:
    """Clients that the tools of all calls of a process share."""

    http: httpx2.AsyncClient
    database: Database
    """Connects when it is first used; a server that is down fails that use only."""
    records: RecordsPool
    """The backends of the tools for appointments, customers, leads and messages."""
    mcp: McpServers
    on_late: Callable[[str, str], None]
    """Counts a result that came after the time limit, by agent and tool."""
    threads: ThreadPoolExecutor
    """For Python tools that are not async."""


@asynccontextmanager
async def open_tool_resources(
    postgres_url: str = "", on_late: Callable[[str, str], None] = lambda _agent, _tool: None
) -> AsyncIterator[ToolResources]:
    """Open the shared resources; they do not wait for any server."""
    database = Database(postgres_url, "parley-brain", _MAX_DATABASE_CONNECTIONS)
    threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="tool")
    try:
        async with (
            open_http_client() as http,
            open_mcp_servers() as mcp,
            database.opened(),
            open_records(RecordsContext(database)) as records,
        ):
            yield ToolResources(http, database, records, mcp, on_late, threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


async def no_agent(_name: str) -> None:
    """Take no agent into the call."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The call's data, shared clients, and access to the call's log, for the tools of one call."""

    call_sid: str
    started: CallStarted
    agent: AgentConfig
    resources: ToolResources
    append: Callable[[Body], Awaitable[None]]
    """Appends an event to the call's log, in order with the session's own.

    Raises ToolFailed when the call has ended.
    """
    outcome: Callable[[str], Awaitable[Body]]
    """Waits for the event with which another stage answers the request of this tool_call_id.

    Such a message has the option `tool_outcome`. After a takeover the answer may already be in the log; then
    it is returned at once. Raises ToolFailed when the call has ended.
    """
    conversation: Callable[[], Conversation] = Conversation
    """Returns the conversation up to now."""
    prepare_agent: Callable[[str], Awaitable[None]] = no_agent
    """Builds the agent that is to take the call over; raises ToolFailed if it cannot be used."""

    @property
    def call_data(self) -> Mapping[str, Any]:
        """The data of the call for templates and Python tools."""
        outbound = self.started.direction == DIRECTION_OUTBOUND
        return {
            "call_sid": self.call_sid,
            "caller": self.started.from_number,
            "called": self.started.to_number,
            "direction": "outbound" if outbound else "inbound",
            "agent": self.agent.name,
            "parameters": dict(getattr(self.started, "parameters", {})),
        }

    @property
    def http(self) -> httpx2.AsyncClient:
        """The HTTP client; it does not follow redirects."""
        return self.resources.http

    @property
    def database(self) -> Database:
        """The database; it connects when it is first used."""
        return self.resources.database


def context_without_call(agent: AgentConfig, resources: ToolResources, call_sid: str) -> ToolContext:
    """Return a context that suffices to define an agent's tools, but not to run those that use the log."""

    async def refuse(_: object) -> NoReturn:
        raise RuntimeError("not within a call")

    return ToolContext(
        call_sid,
        CallStarted(),
        agent,
        resources,
        append=refuse,
        outcome=refuse,
    )
