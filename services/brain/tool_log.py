"""Access of running tools to the call's log; the session reads and appends, which keeps the order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from parley.events.envelope import Body, event_body
from parley.v1.event_pb2 import Event
from services.brain.session_log import SessionLog
from services.brain.tools import ToolFailed

_ENDED = "the call has ended"


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """A tool's request to append an event."""

    body: Body
    done: asyncio.Future[None]


class ToolLog:
    """Passes the events of tools to the session, and other stages' answers to the tools."""

    def __init__(self, session_log: SessionLog, request: Callable[[AppendRequest], Awaitable[None]]) -> None:
        """Create the access; `request` passes a request to the session, which calls `carry_out`."""
        self._log = session_log
        self._request = request
        self._requested: set[asyncio.Future[None]] = set()
        self._waiting: dict[str, set[asyncio.Future[Body]]] = {}
        self._closed = False

    async def append(self, body: Body) -> None:
        """Append an event in order with the session's own; returns when it is applied.

        Raises:
            ToolFailed: the call has ended.
        """
        self._check_open()
        done = asyncio.get_running_loop().create_future()
        self._requested.add(done)
        try:
            await self._request(AppendRequest(body, done))
            await done
        finally:
            self._requested.discard(done)

    async def carry_out(self, request: AppendRequest) -> None:
        """Append what a tool requested, unless it no longer waits for it."""
        if not request.done.done():
            await self._log.append(request.body)
            if not request.done.done():
                request.done.set_result(None)

    async def outcome(self, tool_call_id: str) -> Body:
        """Wait for another stage's answer to a request with this id; return it at once if it is in the log.

        Raises:
            ToolFailed: the call has ended.
        """
        self._check_open()
        if (body := self._answer(tool_call_id)) is not None:
            return body
        answered: asyncio.Future[Body] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(tool_call_id, set())
        waiting.add(answered)
        try:
            return await answered
        finally:
            waiting.discard(answered)
            if not waiting and self._waiting.get(tool_call_id) is waiting:
                del self._waiting[tool_call_id]

    def on_event(self, event: Event) -> None:
        """Pass an event that the session has applied to the tool that waits for it."""
        tool_call_id = getattr(event_body(event), "tool_call_id", "")
        if tool_call_id in self._waiting and (body := self._answer(tool_call_id)) is not None:
            for answered in self._waiting[tool_call_id]:
                if not answered.done():
                    answered.set_result(body)

    def close(self) -> None:
        """Fail what tools still wait for, because the call has ended."""
        self._closed = True
        for requested in self._requested:
            _fail(requested)
        for waiting in self._waiting.values():
            for answered in waiting:
                _fail(answered)

    def _answer(self, tool_call_id: str) -> Body | None:
        event = self._log.state.tool_outcomes.get(tool_call_id)
        return event_body(event) if event is not None else None

    def _check_open(self) -> None:
        if self._closed:
            raise ToolFailed(_ENDED)


def _fail(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(ToolFailed(_ENDED))
