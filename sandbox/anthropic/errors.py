"""Errors of the API: https://platform.claude.com/docs/en/api/errors."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_NO_CREDIT = (
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade"
    " or purchase credits."
)
_FAULTS = {
    "refuse": (500, "Internal server error"),
    "rate_limited": (
        429,
        "This request would exceed your organization's rate limit. Please try again.",
    ),
    "insufficient_quota": (400, _NO_CREDIT),
    "overloaded": (529, "Overloaded"),
    "context_length": (400, "prompt is too long: 1048576 tokens > 1000000 maximum"),
    "tool_use_failed": (500, "Internal server error"),
    "prompt_filtered": (400, "Output blocked by content filtering policy"),
}


@dataclass(frozen=True, slots=True)
class ApiError:
    """Why a request is refused."""

    message: str
    status: int = 400

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body of the response."""
        error = {"type": TYPES.get(self.status, "api_error"), "message": self.message}
        return {"type": "error", "error": error, "request_id": f"req_{uuid.uuid4().hex[:24]}"}


def response_to(error: ApiError) -> Response:
    """The response with an error; one with status 429 contains the time to wait."""
    body = error.body
    headers = {"request-id": body["request_id"]} | ({"retry-after": "1"} if error.status == 429 else {})
    return JSONResponse(body, status_code=error.status, headers=headers)


def faulty_response(faults: Collection[str]) -> Response | None:
    """The response of the first of the faults that replaces the answer; None without such a fault."""
    for name in sorted(faults):
        if name in _FAULTS:
            status, text = _FAULTS[name]
            return response_to(ApiError(text, status))
        if name == "html_502":
            return HTMLResponse("<html><title>502 Bad Gateway</title></html>", status_code=502)
        if name == "error_200":
            return JSONResponse(ApiError("Overloaded", 529).body)
    return None
