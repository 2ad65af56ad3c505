"""The errors of the Realtime API."""

import json
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.stt.providers.openai.errors import closed_error, refused_upgrade, reported_error

INVALID = "invalid_request_error"


@pytest.mark.parametrize(
    ("error", "at_setup", "expected"),
    [
        ({"type": INVALID, "code": "invalid_api_key"}, False, ProviderRejected),
        ({"type": "insufficient_quota", "code": "insufficient_quota"}, False, ProviderRejected),
        ({"type": INVALID, "code": "invalid_value", "message": "delay"}, True, ProviderRejected),
        ({"type": INVALID, "code": "invalid_value"}, False, ProviderUnavailable),
        ({"type": INVALID, "code": "session_expired"}, True, ProviderUnavailable),
        ({"type": "requests", "code": "rate_limit_exceeded"}, True, ProviderRateLimited),
        ({"type": "server_error", "code": None, "message": "\ud800 sorry"}, False, ProviderUnavailable),
        ("text", False, ProviderUnavailable),
        (None, False, ProviderUnavailable),
    ],
)
def test_a_reported_error_is_classified(error: object, at_setup: bool, expected: type[ProviderError]) -> None:
    """An error may have any form."""
    found = reported_error(error, at_setup=at_setup)

    assert type(found) is expected
    assert str(found).isprintable()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b"", ProviderRejected),
        (403, b"<html>", ProviderRejected),
        (429, json.dumps({"error": {"code": "rate_limit_exceeded"}}).encode(), ProviderRateLimited),
        (429, json.dumps({"error": {"code": "insufficient_quota"}}).encode(), ProviderRejected),
        (429, b'{"error": 5}', ProviderRateLimited),
        (502, b"[]", ProviderUnavailable),
    ],
)
def test_a_refused_upgrade_is_classified(status: int, body: bytes, expected: type[ProviderError]) -> None:
    """By its status and the code in its body."""
    error = refused_upgrade(InvalidStatus(Response(status, "", Headers(), body)))

    assert type(error) is expected
    assert f"HTTP {status}" in error.reason


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (None, ProviderUnavailable),
        (Close(3000, f"{INVALID}.invalid_api_key"), ProviderRejected),
        (Close(1013, "insufficient_quota.insufficient_quota"), ProviderRejected),
        (Close(1001, f"{INVALID}.session_expired"), ProviderUnavailable),
        (Close(1011, ""), ProviderUnavailable),
    ],
)
def test_a_close_is_classified_by_its_reason(close: Any, expected: type[ProviderError]) -> None:
    """It may be all that arrives."""
    assert type(closed_error(ConnectionClosedError(close, None))) is expected
