"""Tests of reading webhook requests."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from services.edge.twilio.webhook_request import InvalidRequest, WebhookRequest, read_webhook


async def read(
    body: bytes = b"",
    query: bytes = b"",
    method: str = "POST",
    kind: str = "application/x-www-form-urlencoded",
) -> WebhookRequest:
    """Read a request that has this body and query."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": "/voice",
        "query_string": query,
        "headers": [(b"content-type", kind.encode())] if kind else [],
    }
    return await read_webhook(Request(scope, receive))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_parameters_come_with_either_method(method: str) -> None:
    """By GET they are a part of the address, which is signed as a whole."""
    fields = urlencode({"CallSid": "CA1", "From": "+15550100001"}).encode()
    request = await (read(query=fields, method="GET") if method == "GET" else read(fields))

    assert (request.value("CallSid"), request.value("From")) == ("CA1", "+15550100001")
    assert bool(request.form) == (method == "POST")


async def test_an_empty_parameter_is_signed_too() -> None:
    """Twilio sends parameters without a value."""
    assert dict((await read(b"CallSid=CA1&Digits=")).form) == {"CallSid": "CA1", "Digits": ""}


@given(st.binary(max_size=300))
async def test_any_body_is_read(body: bytes) -> None:
    """No bytes make it fail, and values can be stored and logged."""
    request = await read(body)

    assert all(request.value(name).isprintable() for name in request.form)
    assert all(request.value(name).encode() is not None for name in request.form)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 300_000, "", 413),
        (b"{}", "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"&".join(b"a=1" for _ in range(1001)), "", 400),
    ],
)
async def test_what_twilio_does_not_send_is_refused(body: bytes, kind: str, status: int) -> None:
    """With the status for its kind."""
    with pytest.raises(InvalidRequest) as error:
        await read(body, kind=kind)

    assert error.value.status == status


async def test_a_body_that_never_ends_is_refused() -> None:
    """The peer has gone."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/voice", "query_string": b"", "headers": []}
    with pytest.raises(InvalidRequest):
        await read_webhook(Request(scope, receive))
