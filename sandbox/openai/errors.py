"""Errors of the API, and their body in OpenAI's format."""

from dataclasses import dataclass
from typing import Any

_INVALID = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class ApiError:
    """Why a request is refused; the fields of an OpenAI error and its HTTP status."""

    message: str
    param: str | None = None
    code: str | None = None
    status: int = 400
    kind: str = _INVALID
    """The field `type` of the body."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body of the response."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def of_status(status: int, message: str) -> ApiError:
    """Return an error with the type and the code that OpenAI uses for an HTTP status."""
    codes = {
        401: "invalid_api_key",
        402: "billing_hard_limit_reached",
        404: "model_not_found",
        429: "rate_limit_exceeded",
    }
    kind = "requests" if status == 429 else _INVALID if status < 500 else "server_error"
    return ApiError(message, None, codes.get(status), status, kind)


def model_not_found(model: str) -> ApiError:
    """The error for a model that does not exist."""
    text = f"The model `{model}` does not exist or you do not have access to it."
    return ApiError(text, None, "model_not_found", 404)


def model_ended(model: str) -> ApiError:
    """The error for a model that was shut down."""
    link = "https://platform.openai.com/docs/deprecations"
    text = f"The model `{model}` has been deprecated, learn more here: {link}"
    return ApiError(text, None, "model_not_found", 404)


def invalid_key(key: str) -> ApiError:
    """The error for a missing or an unknown API key."""
    if not key:
        text = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header "
            "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
        return ApiError(text, None, None, 401)
    link = "https://platform.openai.com/account/api-keys"
    text = f"Incorrect API key provided: {key[:3]}***. You can find your API key at {link}."
    return ApiError(text, None, "invalid_api_key", 401)


def insufficient_quota() -> ApiError:
    """The error for an account without credit."""
    text = "You exceeded your current quota, please check your plan and billing details."
    return ApiError(text, None, "insufficient_quota", 429, "insufficient_quota")


def context_length_exceeded() -> ApiError:
    """The error for a conversation that is longer than the model's context."""
    text = (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 "
        "tokens. Please reduce the length of the messages."
    )
    return ApiError(text, "messages", "context_length_exceeded")


def rate_limited(model: str) -> ApiError:
    """The error for too many requests."""
    text = (
        f"Rate limit reached for {model} in organization org-sandbox on requests per min (RPM): Limit 500, "
        "Used 500, Requested 1. Please try again in 1s."
    )
    return ApiError(text, None, "rate_limit_exceeded", 429, "requests")
