"""Tests of reading a Media Streams socket."""

import asyncio
import json
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.websockets import WebSocketState
from structlog.testing import capture_logs

from services.edge.call_registry import CallRegistry
from services.edge.twilio import media_socket
from services.edge.twilio.media_messages import Connected, Mark, Start
from services.edge.twilio.media_socket import POLICY_VIOLATION, TimestampedMessages, close, receive_start

START = json.dumps({"event": "start", "start": {"streamSid": "MZ1", "callSid": "CA1"}})
DISCONNECT = {"type": "websocket.disconnect"}
INTERVAL_S = 0.1


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "mark": {"name": name}})


class FakeSocket:
    """A WebSocket that receives the given texts or raw messages, then those put into its queue."""

    def __init__(self, *received: str | dict[str, Any]) -> None:
        self.queue: asyncio.Queue[str | dict[str, Any]] = asyncio.Queue()
        for item in received:
            self.queue.put_nowait(item)
        self.application_state = self.client_state = WebSocketState.CONNECTED
        self.closed: list[int] = []

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        item = await self.queue.get()
        return item if isinstance(item, dict) else {"type": "websocket.receive", "text": item}

    async def close(self, code: int) -> None:
        """Record the code."""
        self.closed.append(code)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def fake_socket(*received: str | dict[str, Any]) -> Any:
    return FakeSocket(*received)


async def test_messages_end_with_the_socket(registry: CollectorRegistry) -> None:
    """Valid messages are passed on in order."""
    socket = fake_socket('{"event":"connected"}', mark("m"), DISCONNECT)

    messages = [one async for one in TimestampedMessages(socket, CallRegistry(registry))]

    assert [one.message for one in messages] == [Connected(), Mark("m")]


async def test_invalid_messages_are_counted_and_each_problem_is_logged_once(
    registry: CollectorRegistry,
) -> None:
    """At most ten problems of one socket are logged."""
    invalid = [json.dumps({"event": f"e{n}", "media": None}) for n in range(3)]
    wrong = [f'{{"event":"media","media":{{"timestamp":"x{n}","payload":""}}}}' for n in range(20)]
    binary = {"type": "websocket.receive", "bytes": b"\x00"}
    socket = fake_socket(*invalid, *wrong, binary, DISCONNECT)

    with capture_logs() as logs:
        assert [one async for one in TimestampedMessages(socket, CallRegistry(registry))] == []

    assert registry.get_sample_value("parley_media_messages_invalid_total") == 24
    assert [entry["event"] for entry in logs] == ["media_message_invalid"] * 10
    assert len({entry["problem"] for entry in logs}) == 10


async def test_messages_keep_their_arrival_times_until_they_are_read(registry: CollectorRegistry) -> None:
    """Buffered messages come first, then later ones, each once."""
    socket = fake_socket()
    async with TimestampedMessages(socket, CallRegistry(registry)) as messages:
        for name in "123":
            socket.queue.put_nowait(mark(name))
            await asyncio.sleep(INTERVAL_S)
        for last in (mark("4"), DISCONNECT):
            socket.queue.put_nowait(last)
        received = [one async for one in messages]

    assert [one.message for one in received] == [Mark(name) for name in "1234"]
    assert received[2].at_us - received[0].at_us >= 1.5 * INTERVAL_S * 1e6


async def test_a_socket_that_closes_early_delivers_its_messages(registry: CollectorRegistry) -> None:
    """The iteration ends after the buffered messages."""
    socket = fake_socket(mark("1"), DISCONNECT, DISCONNECT)
    async with TimestampedMessages(socket, CallRegistry(registry)) as messages:
        await asyncio.sleep(0)
        assert [one.message async for one in messages] == [Mark("1")]


async def test_the_buffer_is_limited(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further messages wait in the socket."""
    monkeypatch.setattr(media_socket, "_MAX_BUFFERED", 2)
    socket = fake_socket(mark("1"), mark("2"), mark("3"), DISCONNECT)
    async with TimestampedMessages(socket, CallRegistry(registry)) as messages:
        await asyncio.sleep(0.01)
        assert socket.queue.qsize() == 2
        assert [one.message async for one in messages] == [Mark("1"), Mark("2"), Mark("3")]


async def test_the_start_message_is_received(registry: CollectorRegistry) -> None:
    """Messages before it are skipped."""
    socket = fake_socket('{"event":"connected"}', START)

    assert await receive_start(socket, CallRegistry(registry), 1) == Start("MZ1", "CA1")


async def test_a_late_start_message_closes_the_socket(registry: CollectorRegistry) -> None:
    """Without it the call of the stream is unknown."""
    socket = fake_socket('{"event":"connected"}')

    assert await receive_start(socket, CallRegistry(registry), 0.01) is None
    assert socket.closed == [POLICY_VIOLATION]


async def test_a_closed_socket_is_not_closed_again() -> None:
    """Starlette would raise an exception."""
    socket = fake_socket()
    socket.client_state = WebSocketState.DISCONNECTED
    await close(socket, POLICY_VIOLATION)

    assert socket.closed == []
