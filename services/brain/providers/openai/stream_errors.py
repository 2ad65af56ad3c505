"""Recognizes and converts errors that a server sends within a stream. No I/O."""

from typing import Any

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.brain.providers.openai.errors import ERROR_WITHIN_STREAM, PROVIDER
from services.brain.providers.streams.json_values import as_index, as_object, as_text

_MAX_MESSAGE_CHARS = 200
_NO_CREDIT = ("insufficient_quota", "billing", "insufficient_balance", "credit", "payment")
_RATE_LIMITED = (
    "rate_limit",
    "ratelimit",
    "rate limit",
    "too_many_requests",
    "too many requests",
    "resource_exhausted",
    "throttl",
)
_REJECTED = (
    "context_length",
    "context length",
    "maximum context",
    "invalid_request",
    "badrequest",
    "bad_request",
    "invalid_prompt",
    "invalid_argument",
    "authentication",
    "invalid_api_key",
    "unauthorized",
    "permission",
    "model_not_found",
    "notfound",
    "not_found",
)
_ANSWER_FIELDS = ("choices", "output", "delta", "item")


def read_error(event: object, event_name: str = "") -> ProviderError | None:
    """Return the error that an event of a stream contains; None for any other event.

    `event_name` is the name in the `event:` line.
    """
    if not isinstance(event, dict):
        return error_of(event) if event_name == "error" else None
    if error := event.get("error"):
        return error_of(error)
    is_error = event_name == "error" or "error" in (event.get("type"), event.get("object"))
    if not is_error:
        # Web frameworks and gateways: {"detail": "…"}, {"code": 429, "message": "…"}.
        plain = event.get("detail") or (
            event.get("message") if "code" in event or "status" in event else None
        )
        is_error = isinstance(plain, str) and not any(name in event for name in _ANSWER_FIELDS)
    return error_of(event) if is_error else None


def error_of(error: object) -> ProviderError:
    """Convert an error object or text by its code; the reason has the first 200 characters of its message."""
    fields = as_object(error)
    message = as_text(fields.get("message")) or as_text(fields.get("detail")) or as_text(error)
    codes = [as_text(fields.get(name)) for name in ("code", "type", "status", "param") if fields.get(name)]
    label = " ".join(dict.fromkeys(code for code in codes if code and code != "error")) or "without a code"
    reason = f"{ERROR_WITHIN_STREAM}: {label}: {message}"
    reason = clean_text(reason.removesuffix(": "), _MAX_MESSAGE_CHARS + len(label))
    return _kind(fields, f"{label} {message}".lower())(PROVIDER, reason)


def _kind(fields: dict[str, Any], text: str) -> type[ProviderError]:
    if any(word in text for word in _NO_CREDIT):
        return ProviderRejected
    statuses = [as_index(fields.get(name)) for name in ("code", "status", "status_code")]
    status = next((status for status in statuses if status is not None), None)
    if status == 429 or any(word in text for word in _RATE_LIMITED):
        return ProviderRateLimited
    if (status is not None and 400 <= status < 500) or any(word in text for word in _REJECTED):
        return ProviderRejected
    return ProviderUnavailable
