"""Disconnects of the OpenAI emulator's clients."""

from typing import Any

from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings


async def test_a_disconnect_within_the_request_is_not_an_error() -> None:
    """A client that cancels a speculation may disconnect early; the server must not log an error."""
    app = OpenAIEmulator(OpenAISandboxSettings()).app()
    sent: list[Any] = []
    headers = [(b"authorization", b"Bearer k"), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({**scope, "query_string": b"", "http_version": "1.1"}, receive, send)

    assert sent[0]["status"] == 499
