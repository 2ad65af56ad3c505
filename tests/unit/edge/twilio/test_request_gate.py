"""Tests of the request gate."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import HTTPConnection, Request
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.twiml import PublicUrls

TOKEN = "12345"  # noqa: S105 - belongs to no account
FORM: ImmutableMultiDict[str, str] = ImmutableMultiDict([("CallSid", "CA1"), ("To", "1"), ("To", "2")])


def gate_of(**settings: Any) -> TwilioRequestGate:
    """A gate that uses the token of the tests."""
    return TwilioRequestGate(EdgeSettings(twilio_auth_token=SecretStr(TOKEN), **settings), asyncio.Event())


def scope(kind: str, scheme: str, path: str, **headers: str) -> dict[str, Any]:
    """An ASGI scope; header names have underscores."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "scheme": scheme, "path": path, "query_string": b"a=1", "headers": pairs}


def test_a_stopping_edge_has_no_direct_url() -> None:
    """New streams are opened at other edges."""
    gate = gate_of(edge_direct_url="https://edge-2.example.com/")
    before = gate.direct_url()
    gate.stopping.set()

    assert before == "https://edge-2.example.com"
    assert gate.direct_url() == ""


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"host": "edge:8080"}, "http://edge:8080"),
        ({"host": "edge:8080", "x_forwarded_host": "example.com"}, "http://example.com"),
        (
            {"host": "e", "x_forwarded_host": "example.com, proxy", "x_forwarded_proto": "https,http"},
            "https://example.com",
        ),
        ({"host": "edge:8080", "x_forwarded_host": "", "x_forwarded_proto": "HTTPS"}, "https://edge:8080"),
    ],
)
def test_without_a_configured_address_the_request_names_it(headers: dict[str, str], base: str) -> None:
    """The first forwarded value wins."""
    urls = gate_of().public_urls(HTTPConnection(scope("http", "http", "/voice", **headers)))

    assert urls == PublicUrls(base)


def test_a_configured_address_is_used_for_every_request() -> None:
    """The host header has no effect."""
    gate = gate_of(public_url="https://example.com/")

    assert gate.public_urls(HTTPConnection(scope("http", "http", "/voice", host="x"))).base == (
        "https://example.com"
    )


def test_a_signed_webhook_is_authentic() -> None:
    """A parameter that occurs twice is signed with both values."""
    gate = gate_of(public_url="https://example.com")
    signature = RequestValidator(TOKEN).compute_signature("https://example.com/voice?a=1", FORM)

    assert gate.account_of(Request(scope("http", "http", "/voice", x_twilio_signature=signature)), FORM)


@pytest.mark.parametrize(
    ("token", "headers", "reason"),
    [
        (TOKEN, {}, "the request has no signature"),
        (TOKEN, {"x_twilio_signature": "bm8="}, "signature of another token or address"),
        ("", {"x_twilio_signature": "bm8="}, "no token is configured"),
    ],
)
def test_a_rejected_request_is_logged_with_its_reason(
    token: str, headers: dict[str, str], reason: str
) -> None:
    """The entry names the call."""
    settings = EdgeSettings(twilio_auth_token=SecretStr(token), public_url="https://example.com")
    gate = TwilioRequestGate(settings, asyncio.Event())

    with capture_logs() as logs:
        assert not gate.account_of(Request(scope("http", "http", "/voice", **headers)), FORM)

    [entry] = logs
    assert (entry["event"], entry["call_sid"], entry["reason"]) == (
        "twilio_signature_invalid",
        "CA1",
        reason,
    )


@pytest.mark.parametrize("base", ["wss://edge-2.example.com", "wss://example.com"])
def test_a_stream_may_be_signed_for_the_direct_or_the_public_address(base: str) -> None:
    """Twilio is given the direct address; a proxy may use the public one."""
    gate = gate_of(public_url="https://example.com", edge_direct_url="https://edge-2.example.com")
    signature = RequestValidator(TOKEN).compute_signature(f"{base}/twilio/stream?a=1", {})
    socket: Any = HTTPConnection(scope("websocket", "ws", "/twilio/stream", x_twilio_signature=signature))

    assert gate.is_authentic_socket(socket)
