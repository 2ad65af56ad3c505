"""Tests of accepting a WebSocket."""

import json
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.responses import Response
from starlette.websockets import WebSocketState

from services.edge.call_registry import CallRegistry
from services.edge.inbound.connection import open_connection
from services.edge.settings import EdgeSettings
from services.edge.twilio.media_messages import Start, Stop
from services.edge.twilio.media_socket import GOING_AWAY
from services.edge.twilio.stream_failures import StreamEvidence

START = json.dumps({"event": "start", "start": {"streamSid": "MZ1", "callSid": "CA1"}})


class FakeGate:
    """A gate with a fixed answer."""

    settings = EdgeSettings()

    def __init__(self, *, authentic: bool) -> None:
        self.authentic = authentic
        self.evidence = StreamEvidence()

    def is_authentic_socket(self, _socket: object) -> bool:
        """Return the fixed answer."""
        return self.authentic

    def unsigned(self) -> Response:
        """Return the response to a rejected upgrade."""
        return Response(status_code=403)


class FakeSocket:
    """A WebSocket that receives the given texts and then disconnects."""

    application_state = client_state = WebSocketState.CONNECTED

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.actions: list[str] = []

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        if not self.texts:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": self.texts.pop(0)}

    async def accept(self) -> None:
        """Record the upgrade."""
        self.actions.append("accept")

    async def send_denial_response(self, response: Response) -> None:
        """Record the status of a rejection."""
        self.actions.append(f"reject {response.status_code}")

    async def close(self, code: int = 0) -> None:
        """Record the close code."""
        self.actions.append(f"close {code}")


def connect(socket: FakeSocket, *, authentic: bool = True) -> Any:
    """Open a connection on a fake socket."""
    fake_socket: Any = socket
    fake_gate: Any = FakeGate(authentic=authentic)
    return open_connection(fake_socket, fake_gate, CallRegistry(CollectorRegistry()))


async def test_a_socket_that_is_not_from_twilio_is_rejected() -> None:
    """The upgrade is answered with HTTP 403."""
    socket = FakeSocket(START)
    async with connect(socket, authentic=False) as connection:
        assert connection is None

    assert socket.actions == ["reject 403"]


async def test_a_connection_has_a_start_message_and_the_messages_after_it() -> None:
    """The socket is closed on exit."""
    socket = FakeSocket('{"event":"connected"}', START, '{"event":"stop"}')
    async with connect(socket) as connection:
        assert connection.start == Start("MZ1", "CA1")
        assert [one.message async for one in connection.messages] == [Stop()]

    assert socket.actions == ["accept", f"close {GOING_AWAY}"]


async def test_a_socket_without_a_start_message_is_not_a_connection() -> None:
    """Twilio closed the socket first."""
    socket = FakeSocket('{"event":"connected"}')
    async with connect(socket) as connection:
        assert connection is None
