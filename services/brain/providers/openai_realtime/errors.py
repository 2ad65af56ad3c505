"""Classifies what ends or refuses a session of the Realtime API. No I/O.

A wrong key, an unknown model and missing credit may be refused at the handshake with an HTTP status, or after
it with an `error` event and a close code of 3000, 4000 or 1013.
"""

from websockets.exceptions import ConnectionClosed, InvalidStatus

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

_NO_CREDIT_REMEDY = "no credit left: add credit to the provider's account"
_NO_CREDIT = ("insufficient_quota", "billing", "credit")
_KEY = ("invalid_api_key", "authentication", "unauthorized", "permission")
_MODEL = ("model_not_found", "invalid_model", "missing_model", "unsupported_model")
_RATE = ("rate_limit",)
_TEMPORARY = ("session_expired", "server_error", "internal")
_SETTINGS = {
    "session.audio.output.voice": "realtime.voice",
    "session.audio.output.speed": "realtime.speed",
    "session.audio.input.transcription": "realtime.transcription_model, realtime.keyterms and the language",
    "session.audio.input.turn_detection": "realtime.turn_detection",
    "session.audio.input.noise_reduction": "realtime.noise_reduction",
    "session.max_output_tokens": "realtime.max_tokens",
    "session.reasoning": "realtime.reasoning_effort",
    "session.truncation": "realtime.history_tokens",
    "session.instructions": "the prompt",
    "session.tools": "the agent's tools",
}
"""The key of the agent file that each parameter of a session is set by."""
_STATUSES = {401: "invalid_api_key", 403: "permission", 404: "model_not_found", 429: "rate_limit_exceeded"}


def refusal(code: str, message: str, model: str, param: str = "") -> ProviderError:
    """Return the error for a code of OpenAI that ends or refuses a session; `param` is the refused field."""
    text = code.lower()
    reason = _reason(code, message, param)
    if any(word in text for word in _NO_CREDIT):
        return ProviderRejected(PROVIDER, f"{reason}; {_NO_CREDIT_REMEDY}")
    if any(word in text for word in _RATE):
        return ProviderRateLimited(PROVIDER, reason)
    if any(word in text for word in _KEY):
        return ProviderRejected(PROVIDER, f"{reason}; check OPENAI_API_KEY and what it may use")
    if any(word in text for word in _MODEL):
        return ProviderRejected(
            PROVIDER, f"{reason}; set realtime.model to a realtime model of the account, not {model!r}"
        )
    if any(word in text for word in _TEMPORARY):
        return ProviderUnavailable(PROVIDER, reason)
    setting = next((key for field, key in _SETTINGS.items() if param.startswith(field)), "")
    return ProviderRejected(PROVIDER, f"{reason}; check {setting}" if setting else reason)


def response_error(code: str, message: str) -> ProviderError:
    """Return the error for a response that was refused or has failed.

    Only an error that every other response would have as well is a rejection, which ends the session.
    """
    text, reason = code.lower(), f"the response failed: {_reason(code, message) or 'no reason'}"
    if any(word in text for word in _NO_CREDIT):
        return ProviderRejected(PROVIDER, f"{reason}; {_NO_CREDIT_REMEDY}")
    if any(word in text for word in _KEY):
        return ProviderRejected(PROVIDER, f"{reason}; check OPENAI_API_KEY and what it may use")
    if any(word in text for word in _RATE):
        return ProviderRateLimited(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


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
        case _:
            return ProviderUnavailable(PROVIDER, f"no connection: {type(error).__name__}")


def close_error(closed: ConnectionClosed, model: str) -> ProviderError:
    """Return the error for a WebSocket that was closed."""
    frame = closed.rcvd
    if frame is None:
        return ProviderUnavailable(PROVIDER, "the connection was lost")
    reason = f"closed: {frame.code} {safe_message(frame.reason, ())}".strip()
    code = frame.reason.rpartition(".")[2]
    if frame.code in (3000, 4000, 1008, 1013) and (is_fatal(code) or any(word in code for word in _RATE)):
        return refusal(code, reason, model)
    return ProviderUnavailable(PROVIDER, reason)


def _reason(code: str, message: str, param: str = "") -> str:
    parts = [part for part in (safe_message(code, ()), safe_message(message, ())) if part]
    return ": ".join(parts) + (f" (param {safe_message(param, ())})" if param else "")
