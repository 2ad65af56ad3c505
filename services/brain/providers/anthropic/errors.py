"""Converts errors of Anthropic's API into Parley's.

https://platform.claude.com/docs/en/api/errors
"""

from datetime import UTC, datetime
from typing import Any

from parley.agent_config import LlmConfig
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.end_dates import model_end
from parley.providers.untrusted import clean_text
from services.brain.providers.streams.json_values import as_object, as_text
from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.servers import Server

PROVIDER = "anthropic"
"""Name of the provider in errors."""

_MAX_MESSAGE_CHARS = 200
_NO_CREDIT = ("credit balance", "billing", "spend limit", "insufficient_quota")
_TOO_LONG = ("prompt is too long", "context window", "too many tokens", "exceed context limit")
_FILTERED = ("content filtering policy", "blocked by content")
_KINDS: dict[str, type[ProviderError]] = {
    "invalid_request_error": ProviderRejected,
    "authentication_error": ProviderRejected,
    "billing_error": ProviderRejected,
    "permission_error": ProviderRejected,
    "not_found_error": ProviderRejected,
    "rate_limit_error": ProviderRateLimited,
    "timeout_error": ProviderTimeout,
}
"""By the type of an error within a stream; all others, such as `overloaded_error`, are passing faults."""


def refusal_error(refusal: Refusal, server: Server, config: LlmConfig, reason: str) -> ProviderError:
    """The error for a refused request, with what to do about it."""
    kind, remedy = _classify(refusal, server, config)
    return kind(PROVIDER, f"{reason}{remedy}")


def stream_error(value: object) -> ProviderError:
    """The error for an event `error` within a stream."""
    fields = as_object(value)
    error = as_object(fields.get("error")) or fields
    code = as_text(error.get("type"))
    message = clean_text(as_text(error.get("message")) or as_text(fields.get("error")), _MAX_MESSAGE_CHARS)
    reason = f"error within the stream: {clean_text(code, 50) or 'without a type'}: {message}"
    kind = _KINDS.get(code, ProviderUnavailable)
    if _is_about_one_conversation(message.lower()):
        kind = ProviderUnavailable
    return kind(PROVIDER, reason.removesuffix(": "))


def _classify(refusal: Refusal, server: Server, config: LlmConfig) -> tuple[type[ProviderError], str]:
    status, text = refusal.status, refusal.text
    if status == 402 or (status in (400, 403, 429) and any(word in text for word in _NO_CREDIT)):
        return ProviderRejected, "; no credit left: add credit to the account, or raise its spend limit"
    if status == 429:
        return ProviderRateLimited, ""
    if status in (408, 504):
        return ProviderTimeout, ""
    if status >= 500 or status in (409, 425):
        return ProviderUnavailable, "; Anthropic is overloaded" if status == 529 else ""
    if status < 400:
        return ProviderUnavailable, "; a redirect: check the base URL"
    return _classify_request(refusal, server, config)


def _classify_request(refusal: Refusal, server: Server, config: LlmConfig) -> tuple[type[ProviderError], str]:
    """The kind of error, and the remedy, for a request that the server understood and refused."""
    status, text = refusal.status, refusal.text
    if status == 401:
        return ProviderRejected, f"; check {server.key_env}"
    if status == 403:
        return ProviderRejected, f"; check {server.key_env}: it may not use this model or region"
    if status == 413 or any(word in text for word in _TOO_LONG):
        # Not a rejection: that would close the route to all other calls.
        return ProviderUnavailable, "; shorten the prompt, or choose a model with a longer context"
    if _is_about_one_conversation(text):
        return ProviderUnavailable, "; the provider's content filter refused this conversation"
    if status == 404:
        return ProviderRejected, _not_found(text, server, config)
    return ProviderRejected, ""


def _is_about_one_conversation(text: str) -> bool:
    return any(word in text for word in (*_FILTERED, *_TOO_LONG))


def _not_found(text: str, server: Server, config: LlmConfig) -> str:
    if end := model_end(PROVIDER, config.model, base_url=server.base_url):
        return f"; {end.describe(datetime.now(UTC).date())}"
    if "model" in text:
        return "; set llm.model to a model that the account has"
    return "; check the base URL: it must end before /v1/messages"


def error_of_event(event: dict[str, Any], kind: str) -> ProviderError | None:
    """The error that an event is or contains; None for any other event."""
    return stream_error(event) if kind == "error" or event.get("error") else None
