"""Converts AssemblyAI's refusals to ProviderErrors with a remedy. No I/O.

Source: https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures
"""

from collections.abc import Mapping
from typing import Any

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.stt.provider_socket import HandshakeRefused, SocketClosed
from services.stt.providers.assemblyai.options import PROVIDER

_MAX_CHARS = 200
_KEY_REMEDY = "check ASSEMBLYAI_API_KEY"
_CREDIT_REMEDY = "add credit at https://www.assemblyai.com/dashboard"
_TOO_MANY_SESSIONS = (3009, 4102)
_REJECTED = {
    1008: _KEY_REMEDY,
    3006: "",
    4001: _KEY_REMEDY,
    4002: _CREDIT_REMEDY,
    4003: _CREDIT_REMEDY,
    4100: "",
    4101: "",
}
_STATUS_REMEDIES = {401: _KEY_REMEDY, 402: _CREDIT_REMEDY, 403: _KEY_REMEDY}
_CREDIT_WORDS = ("balance", "credit", "funds", "billing", "payment")


class SentTooFast(ProviderUnavailable):
    """AssemblyAI ended the session because its audio arrived faster than real time."""


def code_error(code: int, text: str) -> ProviderError:
    """The error for an error message or the close of a WebSocket."""
    reason = clean_text(f"{code}: {text}" if text else f"closed: {code}", _MAX_CHARS)
    lowered = text.lower()
    if code in _TOO_MANY_SESSIONS or "too many" in lowered:
        return ProviderRateLimited(PROVIDER, reason)
    if code == 4029 or "transmission rate" in lowered:
        return SentTooFast(PROVIDER, reason)
    if code in _REJECTED:
        owes = any(word in lowered for word in _CREDIT_WORDS)
        return ProviderRejected(PROVIDER, _with_remedy(reason, _CREDIT_REMEDY if owes else _REJECTED[code]))
    return ProviderUnavailable(PROVIDER, reason)


def message_error(message: Mapping[str, Any]) -> ProviderError | None:
    """The error that a message reports; None for other messages."""
    if message.get("type") != "Error" and not ("error" in message and "type" not in message):
        return None
    code, text = message.get("error_code"), message.get("error")
    if not isinstance(code, int) or isinstance(code, bool):
        code = 3005
    return code_error(code, text if isinstance(text, str) else "")


def handshake_error(refused: HandshakeRefused) -> ProviderError:
    """The error for an HTTP status in place of a WebSocket."""
    reason = f"HTTP {refused.status}"
    if refused.status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if 400 <= refused.status < 500:
        return ProviderRejected(PROVIDER, _with_remedy(reason, _STATUS_REMEDIES.get(refused.status, "")))
    return ProviderUnavailable(PROVIDER, reason)


def closed_error(closed: SocketClosed) -> ProviderError:
    """The error for a WebSocket that was closed."""
    return code_error(closed.code, closed.reason)


def _with_remedy(reason: str, remedy: str) -> str:
    return f"{reason}: {remedy}" if remedy else reason
