"""The context of the tools of one call: its data, shared clients, and access to the call's log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx2

from parley.agent_config import AgentConfig
from parley.events.envelope import Body
from parley.v1.call_pb2 import CallStarted
from services.brain.tools.http_client import open_http_client


@dataclass(frozen=True, slots=True)
class ToolResources:
    """Clients that the tools of all calls of a process share."""

    http: httpx2.AsyncClient
    database: Any = None
    """A pool of connections to Postgres; None if no database is configured."""


@asynccontextmanager
async def open_tool_resources() -> AsyncIterator[ToolResources]:
    """Open the shared resources; they do not wait for any server."""
    async with open_http_client() as http:
        yield ToolResources(http)


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

    @property
    def http(self) -> httpx2.AsyncClient:
        """The HTTP client; it does not follow redirects."""
        return self.resources.http

    @property
    def database(self) -> Any:
        """The pool of connections to Postgres; None if no database is configured."""
        return self.resources.database


def context_without_call(agent: AgentConfig, resources: ToolResources, call_sid: str) -> ToolContext:
    """Return a context that suffices to define an agent's tools, but not to run those that use the log."""

    async def refuse(_: object) -> NoReturn:
        raise RuntimeError("not within a call")

    return ToolContext(call_sid, CallStarted(), agent, resources, append=refuse, outcome=refuse)
