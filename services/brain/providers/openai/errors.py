"""Converts exceptions of the SDK into Parley's."""

import openai

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)

PROVIDER = "openai"
"""Name of the provider in errors."""


def map_error(error: openai.APIError) -> ProviderError:
    """Convert an exception of the SDK; the result contains no part of the request."""
    request_id = getattr(error, "request_id", None)
    suffix = f" (request {request_id})" if request_id else ""
    match error:
        case openai.APITimeoutError():
            return ProviderTimeout(PROVIDER, "the connection timed out")
        case openai.APIConnectionError():
            return ProviderUnavailable(PROVIDER, f"connection: {type(error.__cause__).__name__}")
        case openai.RateLimitError() if error.code == "insufficient_quota":
            return ProviderRejected(PROVIDER, f"429 insufficient_quota: no credit left{suffix}")
        case openai.RateLimitError():
            return ProviderRateLimited(PROVIDER, f"429 {error.code}{suffix}")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ProviderRejected(
                PROVIDER, f"{error.status_code} {error.code}: check OPENAI_API_KEY{suffix}"
            )
        case openai.APIStatusError() if error.status_code < 500:
            return ProviderRejected(PROVIDER, f"{error.status_code} {error.code}{suffix}")
        case openai.APIStatusError():
            return ProviderUnavailable(PROVIDER, f"{error.status_code} {error.code}{suffix}")
        case _:
            return ProviderUnavailable(PROVIDER, f"error within the stream: {error.code}")
