"""Streams on which a server reports changes of its tools."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import mcp_types
import pytest
from mcp import MCPError
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

from services.brain.tools.mcp import changes
from services.brain.tools.mcp.changes import follow_changes

LIMIT_S = 30.0


@dataclass
class FakeClient:
    """A client with streams that have these outcomes, in order; the last one stays open."""

    outcomes: list[Any]
    opened: int = 0
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def listen(self, *, tools_list_changed: bool) -> AsyncIterator[Any]:
        """Open the next stream."""
        assert tools_list_changed
        self.opened += 1
        outcome = self.outcomes.pop(0) if self.outcomes else [asyncio.Event()]
        if isinstance(outcome, Exception):
            raise outcome
        if outcome == "no answer":
            await asyncio.Event().wait()
        yield Stream(outcome, self.waiting)


class Stream:
    """A stream with these items: a change, an exception, or an event that is waited for."""

    def __init__(self, items: Sequence[Any], waiting: asyncio.Event) -> None:
        self._items, self._waiting = items, waiting
        self.honored = SimpleNamespace(tools_list_changed=items != ["nothing"] or None)

    async def __aiter__(self) -> AsyncIterator[str]:
        for item in self._items:
            if isinstance(item, Exception):
                raise item
            if isinstance(item, asyncio.Event):
                self._waiting.set()
                await item.wait()
            yield item


async def changes_of(client: FakeClient, timeout_s: float = LIMIT_S) -> int:
    """Follow a client until it waits on an open stream, or returns; the number of changes."""
    found: list[None] = []

    async def follow() -> None:
        await follow_changes(client, lambda: found.append(None), timeout_s)  # type: ignore[arg-type]

    following = asyncio.create_task(follow())
    waiting = asyncio.create_task(client.waiting.wait())
    done, _ = await asyncio.wait((following, waiting), timeout=LIMIT_S, return_when="FIRST_COMPLETED")
    assert done
    for task in (following, waiting):
        task.cancel()
    await asyncio.gather(following, waiting, return_exceptions=True)
    return len(found)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_FIRST_PAUSE_S", 0.001)


@pytest.mark.parametrize(
    "outcome",
    [
        ListenNotSupportedError("2025-11-25"),
        MCPError(mcp_types.METHOD_NOT_FOUND, "unknown"),
        MCPError(mcp_types.INVALID_REQUEST, "no subscriptions"),
        ["nothing"],
    ],
)
async def test_a_server_without_the_stream_gets_no_second_request(outcome: object) -> None:
    """Its list is read at the interval."""
    client = FakeClient([outcome])

    assert await changes_of(client) == 0
    assert client.opened == 1


@pytest.mark.parametrize(
    "outcome",
    [
        ["change"],
        ["change", SubscriptionLost("ended")],
        MCPError(mcp_types.CONNECTION_CLOSED, "closed"),
        SubscriptionLost("not acknowledged"),
    ],
)
async def test_a_stream_that_ends_is_opened_again(outcome: object) -> None:
    """Opening it counts as a change, because one in between is not reported."""
    client = FakeClient([outcome])
    reported = await changes_of(client)

    assert client.opened == 2
    assert reported == (3 if isinstance(outcome, list) else 1)


async def test_a_server_that_does_not_answer_is_tried_again() -> None:
    """The time limit is that of a connection."""
    client = FakeClient(["no answer"])

    assert await changes_of(client, timeout_s=0.05) == 1
    assert client.opened == 2
