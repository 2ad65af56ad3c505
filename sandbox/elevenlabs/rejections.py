"""Rejections with ElevenLabs' error codes. No I/O."""

from starlette.responses import JSONResponse

from sandbox.elevenlabs.client_message import Rejected

_OUTPUT_FORMAT = "ulaw_8000"
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


def check_output_format(output_format: str | None) -> Rejected | None:
    """Accept the telephone format only; None, the default of the sockets, means the same."""
    if output_format in (None, _OUTPUT_FORMAT):
        return None
    return Rejected("invalid_output_format", f"This emulator supports only {_OUTPUT_FORMAT}.")
