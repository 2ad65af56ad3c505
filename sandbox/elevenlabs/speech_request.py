"""An HTTP request for speech, read and validated as ElevenLabs does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.elevenlabs.rejections import check_voice_id, read_output_format, rejection_response


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text to synthesise."""

    text: str
    voice_id: str
    output_format: OutputFormat


async def read_request(
    request: Request, refuse: str, formats: Mapping[str, OutputFormat]
) -> SpeechRequest | Response:
    """Return the request, or the response that rejects it; `refuse` is an error code for every request."""
    try:
        output_format = _checked_format(request, refuse, formats)
    except Rejected as rejected:
        return rejection_response(rejected)
    text = await _text(request)
    if isinstance(text, Response):
        return text
    return SpeechRequest(text, request.path_params["voice_id"], output_format)


def _checked_format(request: Request, refuse: str, formats: Mapping[str, OutputFormat]) -> OutputFormat:
    key = request.headers.get("xi-api-key", "")
    if not key or key.startswith("bad"):
        raise Rejected("invalid_api_key", "Invalid API key")
    if refuse:
        raise Rejected(refuse, "Rejected by the sandbox's settings.")
    if rejected := check_voice_id(request.path_params["voice_id"]):
        raise rejected
    return read_output_format(request.query_params.get("output_format"), formats)


async def _text(request: Request) -> str | Response:
    try:
        body: Any = await request.json()
    except ValueError:
        body = None
    text = body.get("text") if isinstance(body, dict) else None
    if isinstance(text, str):
        return text
    kind, message = ("missing", "Field required") if text is None else ("string_type", "Not a string")
    problem = {"type": kind, "loc": ["body", "text"], "msg": message, "input": text}
    return JSONResponse({"detail": [problem]}, status_code=422)
