"""Classifies what ends or refuses a session of the Realtime API. No I/O.

A wrong key, an unknown model and missing credit may be refused at the handshake with an HTTP status, or after
it with an `error` event and a close code of 3000, 4000 or 1013.
"""

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.brain.providers.streams.safe_text import safe_message

PROVIDER = "openai"
"""Name of the provider in errors."""

_NO_CREDIT = ("insufficient_quota", "billing", "credit")
_KEY = ("invalid_api_key", "authentication", "unauthorized", "permission")
_MODEL = ("model_not_found", "invalid_model", "missing_model", "unsupported_model")
_RATE = ("rate_limit",)
_TEMPORARY = ("session_expired", "server_error", "internal")
_STATUSES = {401: "invalid_api_key", 403: "permission", 404: "model_not_found", 429: "rate_limit_exceeded"}


def refusal(code: str, message: str, model: str) -> ProviderError:
    """Return the error for a code of OpenAI that ends or refuses a session."""
    text = code.lower()
    reason = ": ".join(part for part in (safe_message(code, ()), safe_message(message, ())) if part)
    if any(word in text for word in _NO_CREDIT):
        remedy = "no credit left: add credit to the provider's account"
        return ProviderRejected(PROVIDER, f"{reason}; {remedy}")
    if any(word in text for word in _RATE):
        return ProviderRateLimited(PROVIDER, reason)
    if any(word in text for word in _KEY):
        return ProviderRejected(PROVIDER, f"{reason}; check OPENAI_API_KEY")
    if any(word in text for word in _MODEL):
        return ProviderRejected(
            PROVIDER, f"{reason}; set realtime.model to a realtime model of the account, not {model!r}"
        )
    if any(word in text for word in _TEMPORARY):
        return ProviderUnavailable(PROVIDER, reason)
    return ProviderRejected(PROVIDER, reason)


def is_fatal(code: str) -> bool:
    """Whether an `error` event with this code refuses the session, not only a request in it."""
    text = code.lower()
    return any(word in text for word in (*_NO_CREDIT, *_KEY, *_MODEL, "session_expired", "beta_api"))


def handshake_error(error: Exception, model: str) -> ProviderError:
    """Return the error for a WebSocket that did not open."""
    match error:
        case InvalidStatus():
            status = error.response.status_code
            body = (error.response.body or b"").decode("utf-8", "replace")
            reason = f"HTTP {status} {safe_message(body, ())}".strip()
            if status >= 500 or status in (408, 409):
                return ProviderUnavailable(PROVIDER, reason)
            code = "insufficient_quota" if "insufficient_quota" in body else f"http_{status}"
            return refusal(code if "quota" in code else _STATUSES.get(status, code), reason, model)
        case TimeoutError():
            return ProviderTimeout(PROVIDER, "the WebSocket did not open in time")
        case InvalidHandshake() | OSError():
            return ProviderUnavailable(PROVIDER, f"no connection: {type(error).__name__}")
        case _:
            return ProviderUnavailable(PROVIDER, f"no connection: {type(error).__name__}")


def close_error(closed: ConnectionClosed, model: str) -> ProviderError:
    """Return the error for a WebSocket that was closed."""
    frame = closed.rcvd
    if frame is None:
        return ProviderUnavailable(PROVIDER, "the connection was lost")
    reason = f"closed: {frame.code} {safe_message(frame.reason, ())}".strip()
    code = frame.reason.rpartition(".")[2]
    if frame.code in (3000, 4000, 1008, 1013) and is_fatal(code):
        return refusal(code, reason, model)
    return ProviderUnavailable(PROVIDER, reason)
