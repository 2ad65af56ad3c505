"""Tests of reading a Media Streams socket."""

import asyncio
import json
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.websockets import WebSocketState
from structlog.testing import capture_logs

from services.edge.call_registry import CallRegistry
from services.edge.twilio.media_messages import Connected, Mark, Start
from services.edge.twilio.media_socket import POLICY_VIOLATION, Messages, close, receive_start

START = json.dumps({"event": "start", "start": {"streamSid": "MZ1", "callSid": "CA1"}})
DISCONNECT = {"type": "websocket.disconnect"}


class FakeSocket:
    """A WebSocket that receives the given texts or raw messages, then nothing."""

    def __init__(self, *received: str | dict[str, Any]) -> None:
        self.received = list(received)
        self.application_state = self.client_state = WebSocketState.CONNECTED
        self.closed: list[int] = []

    async def receive(self) -> dict[str, Any]:
        """Return the next message, or wait forever."""
        if not self.received:
            await asyncio.Event().wait()
        item = self.received.pop(0)
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
    socket = fake_socket('{"event":"connected"}', '{"event":"mark","mark":{"name":"m"}}', DISCONNECT)

    messages = [message async for message in Messages(socket, CallRegistry(registry))]

    assert messages == [Connected(), Mark("m")]


async def test_invalid_messages_are_counted_and_each_problem_is_logged_once(
    registry: CollectorRegistry,
) -> None:
    """At most ten problems of one socket are logged."""
    invalid = [json.dumps({"event": f"e{n}", "media": None}) for n in range(3)]
    wrong = [f'{{"event":"media","media":{{"timestamp":"x{n}","payload":""}}}}' for n in range(20)]
    binary = {"type": "websocket.receive", "bytes": b"\x00"}
    socket = fake_socket(*invalid, *wrong, binary, DISCONNECT)

    with capture_logs() as logs:
        assert [message async for message in Messages(socket, CallRegistry(registry))] == []

    assert registry.get_sample_value("parley_media_messages_invalid_total") == 24
    assert [entry["event"] for entry in logs] == ["media_message_invalid"] * 10
    assert len({entry["problem"] for entry in logs}) == 10


async def test_the_start_message_is_received(registry: CollectorRegistry) -> None:
    """Messages before it are skipped."""
    socket = fake_socket('{"event":"connected"}', START)

    assert await receive_start(socket, CallRegistry(registry), 1) == Start("MZ1", "CA1")


async def test_a_late_start_message_closes_the_socket(registry: CollectorRegistry) -> None:
    """The call of such a stream is unknown."""
    socket = fake_socket('{"event":"connected"}')

    assert await receive_start(socket, CallRegistry(registry), 0.01) is None
    assert socket.closed == [POLICY_VIOLATION]


async def test_a_closed_socket_is_not_closed_again() -> None:
    """Starlette would raise."""
    socket = fake_socket()
    socket.client_state = WebSocketState.DISCONNECTED
    await close(socket, POLICY_VIOLATION)

    assert socket.closed == []
