"""Errors that end or refuse a session."""

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.brain.providers.openai_realtime.errors import (
    close_error,
    handshake_error,
    is_fatal,
    refusal,
    response_error,
)


def _status(status: int, body: bytes = b"") -> InvalidStatus:
    return InvalidStatus(Response(status, "x", Headers(), body))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (_status(401), ProviderRejected, "OPENAI_API_KEY"),
        (_status(403), ProviderRejected, "OPENAI_API_KEY"),
        (_status(404), ProviderRejected, "realtime.model"),
        (_status(429), ProviderRateLimited, "429"),
        (_status(429, b'{"error":{"code":"insufficient_quota"}}'), ProviderRejected, "no credit"),
        (_status(503), ProviderUnavailable, "503"),
        (TimeoutError(), ProviderTimeout, "in time"),
        (OSError("x"), ProviderUnavailable, "OSError"),
    ],
)
def test_a_handshake_that_fails(error: Exception, kind: type[ProviderError], words: str) -> None:
    """The kind decides about retries, the text names the remedy."""
    failure = handshake_error(error, "gpt-realtime-x")
    assert type(failure) is kind
    assert words in failure.reason


@pytest.mark.parametrize(
    ("close", "kind"),
    [
        (Close(3000, "invalid_request_error.invalid_api_key"), ProviderRejected),
        (Close(4000, "invalid_request_error.model_not_found"), ProviderRejected),
        (Close(1013, "insufficient_quota.insufficient_quota"), ProviderRejected),
        (Close(1013, "requests.rate_limit_exceeded"), ProviderRateLimited),
        (Close(1013, ""), ProviderUnavailable),
        (Close(1001, "session_expired"), ProviderUnavailable),
        (None, ProviderUnavailable),
    ],
)
def test_a_close(close: Close | None, kind: type[ProviderError]) -> None:
    """The reason of a close frame contains the code."""
    assert type(close_error(ConnectionClosedError(close, None), "m")) is kind


def test_other_errors_concern_one_request() -> None:
    """Errors that refuse the session end it."""
    assert not is_fatal("conversation_already_has_active_response")
    assert not is_fatal("invalid_value")
    assert is_fatal("insufficient_quota")
    assert is_fatal("session_expired")
    assert isinstance(refusal("session_expired", "60 minutes", "m"), ProviderUnavailable)
    assert isinstance(refusal("unknown_parameter", "x", "m"), ProviderRejected)


@pytest.mark.parametrize(
    ("param", "remedy"),
    [
        ("session.audio.output.voice", "check realtime.voice"),
        ("session.audio.input.turn_detection.threshold", "check realtime.turn_detection"),
        ("session.tools[2].name", "check the agent's tools"),
    ],
)
def test_a_refused_setting_names_its_key_in_the_agent_file(param: str, remedy: str) -> None:
    """The provider names the field of its own session."""
    failure = refusal("invalid_value", "Invalid value.", "m", param)
    assert type(failure) is ProviderRejected
    assert failure.reason.endswith(remedy)
    assert param in failure.reason


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_quota", ProviderRejected),
        ("rate_limit_exceeded", ProviderRateLimited),
        ("server_error", ProviderUnavailable),
        ("invalid_value", ProviderUnavailable),
        ("", ProviderUnavailable),
    ],
)
def test_a_response_that_fails(code: str, kind: type[ProviderError]) -> None:
    """Only an error that all other responses have as well is a rejection."""
    assert type(response_error(code, "sk-abc123 failed")) is kind
    assert "sk-abc123" not in response_error(code, "sk-abc123 failed").reason
