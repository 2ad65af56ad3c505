"""Faults in place of an answer: error statuses, pages of proxies, empty bodies. No clock."""

import uuid
from collections.abc import Callable, Collection, Mapping

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.openai import errors
from sandbox.openai.errors import ApiError

_PAGE = """<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body>
</html>
"""
_OVERLOADED = "The engine is currently overloaded, please try again later"


def error_response(error: ApiError) -> Response:
    """An error with OpenAI's headers; one with status 429 contains the time to wait."""
    headers = {"x-request-id": f"req_{uuid.uuid4().hex}"}
    if error.status == 429 and error.code != "insufficient_quota":
        headers |= {
            "retry-after": "1",
            "retry-after-ms": "1000",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1s",
        }
    return JSONResponse(error.body, status_code=error.status, headers=headers)


def faulty_response(faults: Collection[str], model: str) -> Response | None:
    """The response of the first of the faults that replaces the answer; None without such a fault."""
    return next((make(model) for name in sorted(faults) if (make := _RESPONSES.get(name))), None)


def _prompt_filtered(_model: str) -> Response:
    link = "https://go.microsoft.com/fwlink/?linkid=2198766"
    text = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry. To learn more about our content filtering policies please read "
        f"{link}"
    )
    filtered = {"violence": {"filtered": True, "severity": "medium"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": filtered}
    error = {"message": text, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
    return JSONResponse({"error": {**error, "innererror": inner}}, status_code=400)


def _tool_use_failed(_model: str) -> Response:
    text = "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details."
    error = {"message": text, "type": "invalid_request_error", "code": "tool_use_failed"}
    failed = "<function=look{}</function>"
    return JSONResponse({"error": {**error, "failed_generation": failed}}, status_code=400)


_RESPONSES: Mapping[str, Callable[[str], Response]] = {
    "refuse": lambda _: error_response(errors.of_status(500, "Rejected by the scenario or the settings.")),
    "rate_limited": lambda model: error_response(errors.rate_limited(model)),
    "insufficient_quota": lambda _: error_response(errors.insufficient_quota()),
    "overloaded": lambda _: error_response(errors.of_status(503, _OVERLOADED)),
    "html_502": lambda _: HTMLResponse(_PAGE, status_code=502, headers={"server": "cloudflare"}),
    "empty_200": lambda _: Response(b"", media_type="text/event-stream"),
    "error_200": lambda _: JSONResponse(errors.of_status(500, _OVERLOADED).body),
    "context_length": lambda _: error_response(errors.context_length_exceeded()),
    "tool_use_failed": _tool_use_failed,
    "prompt_filtered": _prompt_filtered,
}
