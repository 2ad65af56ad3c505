"""Classifies the errors of OpenAI's Realtime API. No I/O."""

import json
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text

PROVIDER = "openai"
_MAX_REASON_CHARS = 200
_KEY_CODES = ("invalid_api_key", "missing_scope", "invalid_organization", "account_deactivated")
_REJECTED_CODES = (
    *_KEY_CODES,
    "insufficient_quota",
    "billing_hard_limit_reached",
    "model_not_found",
    "invalid_model",
    "missing_model",
    "beta_api_shape_disabled",
)
_BUSY_CODES = ("rate_limit_exceeded", "concurrent_sessions_limit_reached")


def reported_error(error: object, *, at_setup: bool = False) -> ProviderError:
    """The error of an `error` event; one at the setup of a session rejects its configuration."""
    fields = error if isinstance(error, dict) else {}
    code, kind, message = (_text(fields.get(name)) for name in ("code", "type", "message"))
    reason = f"{code or kind or 'error'}: {message}"
    if code in _BUSY_CODES:
        return ProviderRateLimited(PROVIDER, reason)
    invalid = at_setup and kind == "invalid_request_error" and code != "session_expired"
    if code in _REJECTED_CODES or invalid:
        return ProviderRejected(PROVIDER, reason + _hint(code))
    return ProviderUnavailable(PROVIDER, reason)


def refused_upgrade(error: InvalidStatus) -> ProviderError:
    """The error of an upgrade that was answered with an HTTP status."""
    status = error.response.status_code
    fields = _error_of(error.response.body)
    code = _text(fields.get("code"))
    reason = f"HTTP {status}" + (f": {code}: {_text(fields.get('message'))}" if fields else "")
    if code in _REJECTED_CODES or status in (400, 401, 402, 403, 404):
        return ProviderRejected(PROVIDER, reason + _hint("invalid_api_key" if status in (401, 403) else code))
    if status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


def closed_error(closed: ConnectionClosed) -> ProviderError:
    """The error of a connection that was closed; its reason may be `TYPE.CODE`."""
    frame = closed.rcvd
    if frame is None:
        return ProviderUnavailable(PROVIDER, "the connection was lost")
    reason = clean_text(frame.reason, _MAX_REASON_CHARS)
    kind, _, code = reason.partition(".")
    error = reported_error({"type": kind, "code": code, "message": f"closed with {frame.code}"})
    if isinstance(error, ProviderUnavailable):
        return ProviderUnavailable(PROVIDER, f"closed: {frame.code} {reason}")
    return error


def _error_of(body: bytes | bytearray | None) -> dict[str, Any]:
    try:
        found = json.loads(bytes(body or b""))["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _hint(code: str) -> str:
    return ": check OPENAI_API_KEY" if code in _KEY_CODES else ""


def _text(value: object) -> str:
    return clean_text(value, _MAX_REASON_CHARS) if isinstance(value, str) else ""
