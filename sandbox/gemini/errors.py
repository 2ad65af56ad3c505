"""Errors of the API, in Google's form: https://ai.google.dev/gemini-api/docs/troubleshooting."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPE = "type.googleapis.com/google.rpc."
_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on"
    " this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. Please retry in 1s."
)
_FAULTS = {
    "refuse": (500, "An internal error has occurred. Please retry or report in the troubleshooting guide."),
    "rate_limited": (429, _QUOTA),
    "insufficient_quota": (
        429,
        "Your prepayment credits are depleted. Go to AI Studio to manage them.",
    ),
    "overloaded": (503, "The model is overloaded. Please try again later."),
    "context_length": (
        400,
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "tool_use_failed": (500, "An internal error has occurred."),
}


@dataclass(frozen=True, slots=True)
class ApiError:
    """Why a request is refused."""

    message: str
    status: int = 400
    reason: str = ""
    """The reason in the details, such as `API_KEY_INVALID`."""
    field: str = ""
    """The field in the details of an unknown name."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body of the response."""
        details: list[dict[str, Any]] = []
        if self.reason:
            domain = {"reason": self.reason, "domain": "googleapis.com"}
            details.append({"@type": f"{_TYPE}ErrorInfo", **domain})
        if self.field:
            violation = {"field": self.field, "description": self.message}
            details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
        if self.status == 429:
            details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": "1s"})
        error = {"code": self.status, "message": self.message}
        error["status"] = _STATUSES.get(self.status, "UNKNOWN")
        return {"error": error | ({"details": details} if details else {})}


def unknown_name(name: str, where: str = "") -> ApiError:
    """The error for a field that the API does not know."""
    place = f" at '{where}'" if where else ""
    text = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
    return ApiError(text, field=where or name)


def response_to(error: ApiError) -> Response:
    """The response with an error."""
    return JSONResponse(error.body, status_code=error.status)


def faulty_response(faults: Collection[str]) -> Response | None:
    """The response of the first of the faults that replaces the answer; None without such a fault."""
    for name in sorted(faults):
        if name in _FAULTS:
            status, text = _FAULTS[name]
            return response_to(ApiError(text, status))
        if name == "html_502":
            return HTMLResponse("<html><title>502 Bad Gateway</title></html>", status_code=502)
        if name == "error_200":
            return JSONResponse(ApiError("The service is currently unavailable.", 503).body)
    return None
