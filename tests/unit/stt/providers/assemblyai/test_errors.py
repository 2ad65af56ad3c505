"""Codes become errors that say whether a retry helps, and what to do."""

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.stt.provider_socket import HandshakeRefused, SocketClosed
from services.stt.providers.assemblyai.errors import (
    SentTooFast,
    closed_error,
    handshake_error,
    message_error,
)


@pytest.mark.parametrize(
    ("code", "text", "error", "words"),
    [
        (
            1008,
            "Unauthorized Connection: Missing Authorization header",
            ProviderRejected,
            "ASSEMBLYAI_API_KEY",
        ),
        (1008, "Unauthorized Connection: insufficient account balance", ProviderRejected, "add credit"),
        (1008, "Unauthorized Connection: Too many concurrent sessions", ProviderRateLimited, "Too many"),
        (3009, "", ProviderRateLimited, "3009"),
        (3006, "Invalid speech_model", ProviderRejected, "Invalid speech_model"),
        (3007, "Audio Transmission Rate Exceeded: Received 9 sec.", SentTooFast, "3007"),
        (3007, "Input duration violation: 20 ms.", ProviderUnavailable, "Input duration"),
        (3008, "Session Expired", ProviderUnavailable, "3008"),
        (1006, "", ProviderUnavailable, "closed: 1006"),
    ],
)
def test_codes(code: int, text: str, error: type[ProviderError], words: str) -> None:
    """The message and the close have the same codes."""
    reported = message_error({"type": "Error", "error_code": code, "error": text})

    for found in (reported, closed_error(SocketClosed(code, text))):
        assert type(found) is error
        assert words in str(found)


@pytest.mark.parametrize("message", [{"type": "Turn", "error": "x"}, {"type": "Warning"}, {}])
def test_other_messages_are_no_errors(message: dict[str, object]) -> None:
    """A turn may contain anything."""
    assert message_error(message) is None


def test_unreadable_errors_are_errors() -> None:
    """Neither code nor text has the expected type."""
    assert isinstance(message_error({"type": "Error", "error_code": True, "error": 5}), ProviderUnavailable)


@pytest.mark.parametrize(
    ("status", "error"), [(401, ProviderRejected), (429, ProviderRateLimited), (502, ProviderUnavailable)]
)
def test_http_statuses(status: int, error: type[ProviderError]) -> None:
    """A proxy may answer in AssemblyAI's place."""
    assert isinstance(handshake_error(HandshakeRefused(status, b"")), error)
