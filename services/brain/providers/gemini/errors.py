"""Converts errors of the Gemini API into Parley's.

https://ai.google.dev/gemini-api/docs/troubleshooting
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
from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text
from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.servers import Server

PROVIDER = "gemini"
"""Name of the provider in errors."""

_MAX_MESSAGE_CHARS = 200
_NO_CREDIT = ("prepayment credits", "billing account", "credits are depleted", "spend cap")
_TOO_LONG = ("input token count", "exceeds the maximum number of tokens", "request payload size")
_FAILED = frozenset({"malformed_function_call", "unexpected_tool_call", "malformed_response"})
_FILTERS = frozenset(
    {
        "safety",
        "recitation",
        "language",
        "blocklist",
        "prohibited_content",
        "spii",
        "escalation",
        "model_armor",
        "image_safety",
    }
)
"""Finish reasons of answers that a filter cut off."""


def refusal_error(refusal: Refusal, server: Server, config: LlmConfig, reason: str) -> ProviderError:
    """The error for a refused request, with what to do about it."""
    kind, remedy = _classify(refusal, server, config)
    return kind(PROVIDER, f"{reason}{remedy}")


def stream_error(value: object) -> ProviderError:
    """The error for an object `error` within a stream."""
    error = as_object(value)
    status = as_index(error.get("code")) or 0
    message = clean_text(as_text(error.get("message")) or as_text(value), _MAX_MESSAGE_CHARS)
    label = clean_text(as_text(error.get("status")), 50) or str(status or "without a code")
    reason = f"error within the stream: {label}: {message}".removesuffix(": ")
    if status == 429 or label == "RESOURCE_EXHAUSTED":
        return ProviderRateLimited(PROVIDER, reason)
    if status == 504 or label == "DEADLINE_EXCEEDED":
        return ProviderTimeout(PROVIDER, reason)
    if 400 <= status < 500 and not any(word in message.lower() for word in _TOO_LONG):
        return ProviderRejected(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


def error_of_chunk(chunk: object) -> ProviderError | None:
    """The error that a chunk contains, also within a list of one; None for any other chunk."""
    for item in as_list(chunk):
        fields = as_object(item)
        if error := fields.get("error"):
            return stream_error(error)
        if blocked := as_text(as_object(fields.get("promptFeedback")).get("blockReason")):
            # Not a rejection: that would close the route to all other calls.
            reason = f"the safety filter refused this conversation: {clean_text(blocked, 50)}"
            return ProviderUnavailable(PROVIDER, reason)
    return None


def finish_reason(reason: str) -> str:
    """Convert a finish reason; that of an ordinary end is empty.

    Raises:
        ProviderError: the answer is not usable.
    """
    lowered = clean_text(reason, 50).lower()
    if lowered == "stop":
        return ""
    if lowered == "max_tokens":
        return "length"
    if lowered in _FILTERS or lowered.startswith("image_"):
        return "content_filter"
    if lowered == "pup_limited_disabled":
        raise ProviderRejected(PROVIDER, "the account is limited for a breach of the usage policy")
    if lowered in _FAILED:
        raise ProviderUnavailable(PROVIDER, f"the model wrote an invalid tool call: {lowered}")
    raise ProviderUnavailable(PROVIDER, f"the finish reason is {lowered}")


def _classify(refusal: Refusal, server: Server, config: LlmConfig) -> tuple[type[ProviderError], str]:
    status, text = refusal.status, refusal.text
    if status == 402 or (status in (400, 403, 429) and any(word in text for word in _NO_CREDIT)):
        return ProviderRejected, "; no credit left: add credit to the project's billing account"
    if status == 429:
        return ProviderRateLimited, ""
    if status in (408, 504):
        return ProviderTimeout, ""
    if status == 499 or status >= 500:
        return ProviderUnavailable, ""
    if status < 400:
        return ProviderUnavailable, "; a redirect: check the base URL"
    return _classify_request(refusal, server, config)


def _classify_request(refusal: Refusal, server: Server, config: LlmConfig) -> tuple[type[ProviderError], str]:
    """The kind of error, and the remedy, for a request that the server understood and refused."""
    status, text = refusal.status, refusal.text
    if status == 401 or "api key" in text or "api_key" in text:
        return ProviderRejected, f"; check {server.key_env}"
    if "location is not supported" in text:
        return ProviderRejected, "; the Gemini API is not offered in this region: enable billing, or move"
    if status == 403:
        return ProviderRejected, f"; check {server.key_env}: it may not use this API or model"
    if status == 413 or any(word in text for word in _TOO_LONG):
        # Not a rejection: that would close the route to all other calls.
        return ProviderUnavailable, "; shorten the prompt, or choose a model with a longer context"
    if status == 404:
        return ProviderRejected, _not_found(text, server, config)
    return ProviderRejected, ""


def _not_found(text: str, server: Server, config: LlmConfig) -> str:
    if end := model_end(PROVIDER, config.model, base_url=server.base_url):
        return f"; {end.describe(datetime.now(UTC).date())}"
    if "model" in text:
        return "; set llm.model to one of `GET /v1beta/models`"
    return "; check the base URL: it must end before /models, usually with /v1beta"


def text_of(value: dict[str, Any], name: str) -> str:
    """A field that must be text."""
    found = value.get(name)
    return found if isinstance(found, str) else ""
