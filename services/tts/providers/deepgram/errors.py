"""Converts Deepgram's errors to ProviderErrors with a remedy. No I/O."""

import json
from collections.abc import Mapping

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.tts.providers.deepgram.models import PROVIDER

_MAX_REASON_CHARS = 200
_POLICY_VIOLATION = 1008
_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("invalid_auth", "http 401"), "check DEEPGRAM_API_KEY"),
    (
        ("payment_required", "http 402"),
        "the project has no credit left: add some at https://console.deepgram.com",
    ),
    (
        ("insufficient_permissions", "http 403"),
        "the project may not use this voice: choose another tts.voice",
    ),
    (
        ("model", "voice", "invalid_query_parameter"),
        "set tts.voice to a name from https://developers.deepgram.com/docs/tts-models",
    ),
)


def map_refusal(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Convert the refusal of a WebSocket; the reason is in the header `dg-error`, or in the body."""
    detail = clean_text(headers.get("dg-error") or _message(body), _MAX_REASON_CHARS)
    reason = f"HTTP {status}: {detail}" if detail else f"HTTP {status}"
    if status == 429:
        return ProviderRateLimited(
            PROVIDER, f"{reason}; the project's limit of concurrent streams is reached"
        )
    if 400 <= status < 500 and status != 408:
        remedy = _remedy(reason)
        return ProviderRejected(PROVIDER, f"{reason}; {remedy}" if remedy else reason)
    return ProviderUnavailable(PROVIDER, reason)


def map_close(code: int | None, reason: str) -> ProviderError:
    """Convert the close of a WebSocket."""
    detail = f": {reason}" if reason else ""
    text = clean_text(f"the WebSocket closed with {code}{detail}", _MAX_REASON_CHARS)
    if code == _POLICY_VIOLATION and "rate" not in reason.lower() and "exceed" not in reason.lower():
        return ProviderRejected(PROVIDER, text)
    return ProviderUnavailable(PROVIDER, text)


def map_error(code: str, text: str) -> ProviderError:
    """Convert an error or a warning that stops the synthesis."""
    reason = clean_text(": ".join(part for part in (code, text) if part) or "an error", _MAX_REASON_CHARS)
    lowered = reason.lower()
    if any(word in lowered for word in ("exceed", "limit", "too many", "rate")):
        return ProviderRateLimited(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


def _remedy(reason: str) -> str:
    lowered = reason.lower()
    return next((remedy for names, remedy in _REMEDIES if any(name in lowered for name in names)), "")


def _message(body: bytes) -> str:
    try:
        parsed = json.loads(body[: 16 * 1024])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(parsed, Mapping):
        return ""
    parts = (parsed.get("err_code"), parsed.get("err_msg") or parsed.get("message"))
    return ": ".join(part for part in parts if isinstance(part, str) and part)
