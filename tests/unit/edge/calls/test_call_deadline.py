"""Tests of the end of a media stream by the clock."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from parley.agent_store import AgentStore
from parley.errors import BusError, ProviderUnavailable
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from services.edge.calls import call_deadline
from services.edge.calls.call_deadline import CallDeadline, max_duration_s
from services.edge.calls.call_state import CallState
from services.edge.settings import EdgeSettings
from tests.event_factories import event

ENDED = event(CallEnded())
LIMIT_S = 1820.0


class Twilio:
    """A REST client that records hang-ups; `status` is an error to raise, or a call's status."""

    def __init__(self, status: str | Exception = "in-progress") -> None:
        self.status = status
        self.hang_ups = 0
        self.status_requests = 0

    async def hang_up(self, _call_sid: str) -> None:
        """Count a hang-up, which fails."""
        self.hang_ups += 1
        raise ProviderUnavailable("twilio", "down")

    async def call_status(self, _call_sid: str) -> str:
        """The status of the call."""
        self.status_requests += 1
        if isinstance(self.status, Exception):
            raise self.status
        return self.status


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reasons with which logs were ended; a stream may stay open for 10 ms after the end."""
    reasons: list[str] = []

    async def end(_bus: object, _call_sid: str, reason: str) -> bool:
        reasons.append(reason)
        return True

    monkeypatch.setattr(call_deadline, "try_end_call", end)
    monkeypatch.setattr(call_deadline, "end_call", end)
    monkeypatch.setattr(call_deadline, "_CLOSE_AFTER_S", 0.01)
    return reasons


def deadline(twilio: Any, *history: Event, now_s: float = 0.0) -> CallDeadline:
    """The deadline of a call that has lasted for `now_s`, of `LIMIT_S`."""
    settings = EdgeSettings(stream_open_timeout_s=0.01)
    call_log: Any = SimpleNamespace(
        facts=SimpleNamespace(ended=history[-1] if history else None),
        now_ms=lambda: round(now_s * 1000),
        call_sid="CA1",
    )
    metrics: Any = SimpleNamespace(ended_by_clock=lambda _reason: None)
    bus: Any = None
    return CallDeadline(bus, twilio, settings, metrics, call_log, LIMIT_S)


async def test_a_call_at_its_limit_is_ended(ends: list[str]) -> None:
    """The stream is closed even if Twilio's REST API is down."""
    twilio = Twilio()
    async with asyncio.timeout(5):
        await deadline(twilio, now_s=LIMIT_S).wait_until_closed()

    assert ends == ["max-duration"]
    assert twilio.hang_ups == 1


async def test_a_call_below_its_limit_continues(ends: list[str]) -> None:
    """Neither its log nor its stream ends."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await deadline(Twilio(), now_s=LIMIT_S - 1).wait_until_closed()

    assert ends == []


@pytest.mark.parametrize("in_history", [True, False])
async def test_the_stream_of_an_ended_call_is_closed(ends: list[str], *, in_history: bool) -> None:
    """Twilio has not closed it."""
    twilio = Twilio()
    limits = deadline(twilio, *([ENDED] if in_history else []))
    limits.on_event(ENDED)
    async with asyncio.timeout(5):
        await limits.wait_until_closed()

    assert (ends, twilio.hang_ups) == ([], 0)


@pytest.mark.parametrize(("agent", "limit_s"), [("clinic", 1800 + 7), ("nobody", 24 * 3600 + 7)])
async def test_the_limit_is_the_agents_and_a_grace(agent: str, limit_s: float) -> None:
    """Without an agent it is Twilio's limit."""
    settings = EdgeSettings(hang_up_grace_s=7)

    assert await max_duration_s(AgentStore("agents"), settings, CallState(0, agent)) == limit_s


@pytest.mark.parametrize("status", ["completed", "not-found"])
async def test_a_silent_stream_of_an_ended_call_is_ended(ends: list[str], status: str) -> None:
    """The socket is dead, but nothing has reported it."""
    async with asyncio.timeout(5):
        await deadline(Twilio(status)).watch_silence()

    assert ends == [status]


@pytest.mark.parametrize("status", ["in-progress", ProviderUnavailable("twilio", "down"), BusError("down")])
async def test_a_silent_stream_of_a_live_call_continues(ends: list[str], status: Any) -> None:
    """Some lines send no frames in silence."""
    twilio = Twilio(status)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await deadline(twilio).watch_silence()

    assert ends == []
    assert twilio.status_requests > 1


async def test_twilio_is_not_queried_while_messages_arrive(ends: list[str]) -> None:
    """A request per interval and call would be too many."""
    twilio = Twilio("completed")
    limits = deadline(twilio)

    async def receive() -> None:
        for _ in range(50):
            limits.on_message()
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(limits.watch_silence())
        await receive()
        watching.cancel()

    assert (ends, twilio.status_requests) == ([], 0)
