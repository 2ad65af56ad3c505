"""Converts exceptions of the SDK and of the layers below it into Parley's."""

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx2
import openai

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.end_dates import model_end
from services.brain.providers.streams.refusal import Refusal, read_refusal
from services.brain.providers.streams.safe_text import safe_message

PROVIDER = "openai"
"""Name of the provider in errors."""

ERROR_WITHIN_STREAM = "error within the stream"
"""Beginning of the reason of errors that a server sends after the status 200."""
_NO_CREDIT = ("insufficient_quota", "billing", "insufficient credits", "no credit", "insufficient_balance")
_TOO_LONG = ("context_length", "context length", "maximum context", "prompt is too long", "too many tokens")


def map_error(
    error: Exception,
    *,
    key_env: str = "OPENAI_API_KEY",
    model: str = "",
    base_url: str = "",
    private: Sequence[str] = (),
) -> ProviderError:
    """Convert any exception of a request.

    The result has status, code, parameter and the first 200 characters of the provider's message, without
    keys and without the texts in `private`, which the message may quote.
    """
    match error:
        case ProviderError():
            return error
        case openai.APITimeoutError() | TimeoutError():
            return ProviderTimeout(PROVIDER, "the connection timed out")
        case openai.APIConnectionError():
            cause = error.__cause__
            if isinstance(cause, httpx2.TooManyRedirects):
                return ProviderRejected(PROVIDER, "redirects without end; check the base URL")
            detail = type(cause).__name__ if cause is not None else "no detail"
            return ProviderUnavailable(PROVIDER, f"connection: {detail}")
        case openai.APIStatusError():
            refusal = read_refusal(error.status_code, error.body)
            request_id = getattr(error, "request_id", None)
            suffix = f" (request {safe_message(str(request_id), ())})" if request_id else ""
            kind, remedy = _classify(refusal, key_env, model, base_url)
            return kind(PROVIDER, f"{_describe(refusal, private)}{remedy}{suffix}")
        case openai.APIError():
            return _map_stream_error(error, private)
        case _:
            return ProviderUnavailable(PROVIDER, f"request failed: {type(error).__name__}")


def _map_stream_error(error: openai.APIError, private: Sequence[str]) -> ProviderError:
    refusal = read_refusal(0, error.body if error.body is not None else error.message)
    kind: type[ProviderError] = ProviderUnavailable
    if any(word in refusal.text for word in _NO_CREDIT):
        kind = ProviderRejected
    elif "rate_limit" in refusal.text or refusal.code == "429":
        kind = ProviderRateLimited
    elif "invalid_request" in refusal.text or any(word in refusal.text for word in _TOO_LONG):
        kind = ProviderRejected
    return kind(PROVIDER, f"{ERROR_WITHIN_STREAM}: {_describe(refusal, private).removeprefix('0 ')}")


def _describe(refusal: Refusal, private: Sequence[str]) -> str:
    parts = [str(refusal.status)]
    if refusal.code:
        parts.append(safe_message(refusal.code, private))
    if refusal.param:
        parts.append(f"param {safe_message(refusal.param, private)}")
    text = " ".join(parts)
    message = safe_message(refusal.message, private)
    return f"{text}: {message}" if message else text


def _classify(refusal: Refusal, key_env: str, model: str, base_url: str) -> tuple[type[ProviderError], str]:
    """The kind of error, and what to do about it."""
    status, text = refusal.status, refusal.text
    if status == 402 or (status in (400, 403, 429) and any(word in text for word in _NO_CREDIT)):
        return ProviderRejected, "; no credit left: add credit to the provider's account"
    if status == 429:
        return ProviderRateLimited, ""
    if status == 408:
        return ProviderTimeout, ""
    if status >= 500 or status in (409, 425):
        return ProviderUnavailable, ""
    if status < 400:
        return ProviderUnavailable, "; a redirect that leads nowhere: check the base URL"
    return _classify_request(refusal, key_env, model, base_url)


def _classify_request(
    refusal: Refusal, key_env: str, model: str, base_url: str
) -> tuple[type[ProviderError], str]:
    """The kind of error, and the remedy, for a request that the server understood and refused."""
    status, text = refusal.status, refusal.text
    if status == 400 and "api key" in text:
        # Google's answer to a wrong key.
        return ProviderRejected, f"; check {key_env}"
    if status == 401:
        return ProviderRejected, f"; check {key_env}"
    if status == 403:
        return ProviderRejected, f"; check {key_env}: it may not use this model, project or region"
    if "content_filter" in text or "content management policy" in text:
        # Not a rejection: that would close the route to all other calls.
        return ProviderUnavailable, "; the provider's content filter refused this conversation"
    if any(word in text for word in _TOO_LONG) or status == 413:
        # As above.
        return ProviderUnavailable, "; shorten the prompt, or choose a model with a longer context"
    if status == 404 or "model_not_found" in text or "model_not_available" in text:
        return ProviderRejected, _not_found(refusal, model, base_url)
    return ProviderRejected, ""


def _not_found(refusal: Refusal, model: str, base_url: str) -> str:
    if end := model_end(PROVIDER, model, base_url=base_url):
        return f"; {end.describe(datetime.now(UTC).date())}"
    if "azure" in base_url or "deployment" in refusal.text:
        return "; set llm.model to the name of a deployment, and the base URL to https://RESOURCE…/openai/v1"
    if "model" in refusal.text:
        return "; set llm.model to a model that the account has"
    return "; check the base URL: it must end before /chat/completions, usually with /v1"
