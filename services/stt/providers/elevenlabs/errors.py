"""Converts ElevenLabs' refusals to ProviderErrors with a remedy. No I/O.

Source of the names: https://elevenlabs.io/docs/eleven-api/guides/how-to/speech-to-text/realtime/event-reference
"""

import json
from collections.abc import Mapping
from typing import Any

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.stt.provider_socket import HandshakeRefused, SocketClosed
from services.stt.providers.elevenlabs.options import PROVIDER

_MAX_CHARS = 200
_KEY_REMEDY = "check ELEVENLABS_API_KEY; the key needs the permission for speech to text"
_REMEDIES = {
    "auth_error": _KEY_REMEDY,
    "quota_exceeded": "the account has no credits left: buy credits, or raise the limit of the API key",
    "unaccepted_terms": "accept the terms of speech to text at https://elevenlabs.io/app/speech-to-text",
    "input_error": "",
    "invalid_request": "",
    "chunk_size_exceeded": "",
}
_BUSY = ("rate_limited", "queue_overflow", "resource_exhausted")
_FAILED = ("error", "transcriber_error", "session_time_limit_exceeded", "insufficient_audio_activity")
_STATUS_REMEDIES = {401: _KEY_REMEDY, 402: _REMEDIES["quota_exceeded"], 403: _KEY_REMEDY}


def message_error(message: Mapping[str, Any]) -> ProviderError | None:
    """The error that a message reports; None for other messages."""
    kind, detail = message.get("message_type"), message.get("error")
    if not isinstance(kind, str) or kind not in (*_REMEDIES, *_BUSY, *_FAILED):
        return None
    reason = _text(f"{kind}: {detail}" if isinstance(detail, str) and detail else kind)
    if kind in _BUSY:
        return ProviderRateLimited(PROVIDER, reason)
    if kind in _FAILED:
        return ProviderUnavailable(PROVIDER, reason)
    return ProviderRejected(PROVIDER, _with_remedy(reason, _REMEDIES[kind]))


def handshake_error(refused: HandshakeRefused) -> ProviderError:
    """The error for an HTTP status in place of a WebSocket."""
    detail = _detail(refused.body)
    reason = _text(f"HTTP {refused.status}: {detail}" if detail else f"HTTP {refused.status}")
    if refused.status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if 400 <= refused.status < 500:
        return ProviderRejected(PROVIDER, _with_remedy(reason, _STATUS_REMEDIES.get(refused.status, "")))
    return ProviderUnavailable(PROVIDER, reason)


def closed_error(closed: SocketClosed) -> ProviderError:
    """The error for a WebSocket that was closed without an error message."""
    return ProviderUnavailable(PROVIDER, str(closed))


def _detail(body: bytes) -> str:
    try:
        detail = json.loads(body)["detail"]
        return str(detail.get("message") or detail.get("status") or "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def _with_remedy(reason: str, remedy: str) -> str:
    return f"{reason}: {remedy}" if remedy else reason


def _text(text: str) -> str:
    return clean_text(text, _MAX_CHARS)
