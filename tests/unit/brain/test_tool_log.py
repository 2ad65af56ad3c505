"""Tests for the access of tools to the call's log."""

import asyncio
from typing import cast

import pytest

from parley.events.log import CallEventLog
from parley.v1.reply_pb2 import HangUpRequested, ToolCalled, ToolReturned
from services.brain import tool_outcomes
from services.brain.session_log import SessionLog
from services.brain.tool_log import AppendRequest, ToolLog
from services.brain.tools import ToolFailed
from tests.event_factories import event
from tests.unit.brain.test_history_limiter import FakeLog

ANSWER = ToolCalled(tool_call_id="t1", name="answer")


class Harness:
    """A tool log whose session handles an inbox."""

    def __init__(self) -> None:
        self.calls = FakeLog()
        self.log = SessionLog(cast("CallEventLog", self.calls))
        self.inbox: asyncio.Queue[AppendRequest] = asyncio.Queue()
        self.tools = ToolLog(self.log, self.inbox.put)

    def receive(self, body: ToolCalled | ToolReturned) -> None:
        """Handle an event of another stage as the session does."""
        received = event(body)
        self.log.apply(received)
        self.tools.on_event(received)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """A message with a tool_call_id counts as an answer."""
    monkeypatch.setattr(tool_outcomes, "is_tool_outcome", lambda body: isinstance(body, ToolCalled))
    return Harness()


async def test_an_event_is_appended_by_the_session(harness: Harness) -> None:
    """The tool continues when the event is applied."""
    appending = asyncio.create_task(harness.tools.append(HangUpRequested(reason="tool")))
    request = await harness.inbox.get()
    assert not appending.done()

    await harness.tools.carry_out(request)
    await appending
    assert harness.calls.appended == [HangUpRequested(reason="tool")]


async def test_nothing_is_appended_for_a_tool_that_was_cancelled(harness: Harness) -> None:
    """Its time limit has passed, and the model received a failure."""
    appending = asyncio.create_task(harness.tools.append(HangUpRequested()))
    request = await harness.inbox.get()
    appending.cancel()
    await asyncio.wait([appending])

    await harness.tools.carry_out(request)
    assert harness.calls.appended == []


async def test_an_answer_that_comes_later_or_came_before_is_returned(harness: Harness) -> None:
    """After a takeover the answer may be in the log already; every waiting tool gets it."""
    waiting = [asyncio.create_task(harness.tools.outcome("t1")) for _ in range(2)]
    other = asyncio.create_task(harness.tools.outcome("t2"))
    await asyncio.sleep(0)
    harness.receive(ANSWER)

    assert await asyncio.gather(*waiting) == [ANSWER, ANSWER]
    assert await harness.tools.outcome("t1") == ANSWER
    assert not other.done()
    other.cancel()


async def test_a_tool_that_waits_at_the_end_of_the_call_fails(harness: Harness) -> None:
    """An answer can no longer arrive."""
    waiting = [
        asyncio.create_task(harness.tools.outcome("t1")),
        asyncio.create_task(harness.tools.append(HangUpRequested())),
    ]
    await harness.inbox.get()
    harness.tools.close()

    for task in waiting:
        with pytest.raises(ToolFailed, match="the call has ended"):
            await task
    with pytest.raises(ToolFailed):
        await harness.tools.outcome("t1")
    with pytest.raises(ToolFailed):
        await harness.tools.append(HangUpRequested())
