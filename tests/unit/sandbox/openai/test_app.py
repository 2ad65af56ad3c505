"""Disconnects of the OpenAI emulator's clients."""

from typing import Any

import httpx

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


async def test_the_scenario_of_a_call_must_exist() -> None:
    transport = httpx.ASGITransport(OpenAIEmulator(OpenAISandboxSettings()).app())
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        good = await client.put("/sandbox/calls/CA1/scenario", json={"scenario": "echo"})
        absent = await client.put("/sandbox/calls/CA1/scenario", json={"scenario": "absent"})
        malformed = await client.put("/sandbox/calls/CA1/scenario", json=[])

    assert (good.status_code, absent.status_code, malformed.status_code) == (204, 400, 400)
    assert "absent" in absent.json()["error"]
