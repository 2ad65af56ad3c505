"""What the vendor refuses, by its error words. No I/O."""

from sandbox.elevenlabs.client_message import Refused

_OUTPUT_FORMAT = "ulaw_8000"
_SHORTEST_VOICE_ID = 6
_STATUS = {
    "invalid_api_key": 401,
    "quota_exceeded": 401,
    "detected_unusual_activity": 401,
    "voice_not_found": 404,
    "too_many_concurrent_requests": 429,
    "system_busy": 429,
    "something_went_wrong": 500,
}


def status_of(word: str) -> int:
    """The HTTP status that goes with an error word."""
    return _STATUS.get(word, 400)


def voice_refusal(voice_id: str) -> Refused | None:
    """Any voice id is spoken by the local voice, but one too short to be one."""
    if voice_id == "tone" or len(voice_id) >= _SHORTEST_VOICE_ID:
        return None
    return Refused("voice_not_found", f"A voice with the voice_id {voice_id} was not found.")


def output_format_refusal(told: str | None) -> Refused | None:
    """This stand-in makes telephone sound only; the sockets take it for granted."""
    if told in (None, _OUTPUT_FORMAT):
        return None
    return Refused("invalid_output_format", f"This stand-in makes only {_OUTPUT_FORMAT}.")
