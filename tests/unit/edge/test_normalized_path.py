"""Tests of paths with superfluous slashes."""

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from services.edge.normalized_path import NormalizedPath, normalized_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/voice", "/voice"),
        ("/voice/", "/voice"),
        ("//voice", "/voice"),
        ("/twilio//stream//", "/twilio/stream"),
        ("/", "/"),
        ("", "/"),
    ],
)
def test_superfluous_slashes_are_dropped(path: str, expected: str) -> None:
    """As after a public address that ends with a slash."""
    assert normalized_path(path) == expected


async def respond(status: int, scope: dict[str, Any]) -> Scope:
    """Serve a request with an app that responds with a status; returns the scope that it got."""
    scopes: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pass

    await NormalizedPath(app)({"type": "http", "method": "PUT", "headers": [], **scope}, receive, send)
    return scopes[0]


async def test_the_signed_path_is_unchanged() -> None:
    """Twilio signs the configured address."""
    scope = await respond(200, {"path": "//voice/", "raw_path": b"//voice/"})

    assert (scope["path"], scope["raw_path"]) == ("/voice", b"//voice/")


@pytest.mark.parametrize("status", [404, 405])
async def test_a_wrong_address_of_twilios_is_logged(status: int) -> None:
    """The entry names what to change."""
    with capture_logs() as logs:
        await respond(status, {"path": "/x", "headers": [(b"x-twilio-signature", b"s")]})

    assert (logs[0]["event"], logs[0]["status"], logs[0]["path"]) == ("webhook_refused", status, "/x")
    assert logs[0]["remedy"]


async def test_a_scanner_is_not_logged() -> None:
    """It would fill the log."""
    with capture_logs() as logs:
        await respond(404, {"path": "/wp-login.php"})

    assert logs == []
