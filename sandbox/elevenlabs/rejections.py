"""Rejections with ElevenLabs' error codes. No I/O."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.output_format import DEFAULT_FORMAT, OutputFormat

_MIN_VOICE_ID_LENGTH = 6
_STATUS = {
    "invalid_api_key": 401,
    "quota_exceeded": 401,
    "detected_unusual_activity": 401,
    "voice_not_found": 404,
    "too_many_concurrent_requests": 429,
    "system_busy": 429,
    "something_went_wrong": 500,
}


def rejection_response(rejected: Rejected) -> JSONResponse:
    """Build the HTTP response to a rejected request or WebSocket upgrade."""
    detail = {"status": rejected.code, "message": str(rejected)}
    return JSONResponse({"detail": detail}, status_code=_STATUS.get(rejected.code, 400))


def check_voice_id(voice_id: str) -> Rejected | None:
    """Accept `tone` and any id of at least six characters; all are synthesised with the local voice."""
    if voice_id == "tone" or len(voice_id) >= _MIN_VOICE_ID_LENGTH:
        return None
    return Rejected("voice_not_found", f"A voice with the voice_id {voice_id} was not found.")


def read_output_format(name: str | None, formats: Mapping[str, OutputFormat]) -> OutputFormat:
    """Parse a value of `output_format`; None means ElevenLabs' default, `mp3_44100_128`.

    Raises:
        Rejected: it is none of these formats.
    """
    if name is None:
        return DEFAULT_FORMAT
    if name in formats:
        return formats[name]
    allowed = ", ".join(sorted(formats))
    raise Rejected("invalid_output_format", f"Invalid output_format: {name}. It must be one of: {allowed}.")
