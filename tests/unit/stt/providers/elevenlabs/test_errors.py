"""Refusals become errors that say whether a retry helps, and what to do."""

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.stt.provider_socket import HandshakeRefused
from services.stt.providers.elevenlabs.errors import handshake_error, message_error


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("auth_error", ProviderRejected, "ELEVENLABS_API_KEY"),
        ("quota_exceeded", ProviderRejected, "credits"),
        ("input_error", ProviderRejected, "input_error: why"),
        ("queue_overflow", ProviderRateLimited, "why"),
        ("session_time_limit_exceeded", ProviderUnavailable, "why"),
    ],
)
def test_error_messages(kind: str, error: type[ProviderError], words: str) -> None:
    """Each documented kind is classified."""
    found = message_error({"message_type": kind, "error": "why"})

    assert isinstance(found, error)
    assert words in str(found)


@pytest.mark.parametrize("message", [{"message_type": "warning"}, {"message_type": ["error"]}, {}])
def test_other_messages_are_no_errors(message: dict[str, object]) -> None:
    """Neither are messages of an unexpected form."""
    assert message_error(message) is None


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, b'{"detail": {"message": "Invalid API key"}}', ProviderRejected, "Invalid API key: check"),
        (429, b"[1]", ProviderRateLimited, "HTTP 429"),
        (400, b"\xff", ProviderRejected, "HTTP 400"),
        (503, b"", ProviderUnavailable, "HTTP 503"),
    ],
)
def test_http_statuses(status: int, body: bytes, error: type[ProviderError], words: str) -> None:
    """A body of any form is survived."""
    found = handshake_error(HandshakeRefused(status, body))

    assert isinstance(found, error)
    assert words in str(found)
