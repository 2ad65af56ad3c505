"""An HTTP request for speech, read and validated as ElevenLabs does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.models import Model, check_language, find_model
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.elevenlabs.rejections import read_output_format, rejection_response
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.voice_settings import check_voice_settings
from sandbox.elevenlabs.voices import check_voice_id

_CONTEXT_PAIRS = (("previous_text", "next_text"), ("previous_request_ids", "next_request_ids"))


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text to synthesise."""

    text: str
    voice_id: str
    output_format: OutputFormat


async def read_request(
    request: Request, settings: ElevenLabsSandboxSettings, formats: Mapping[str, OutputFormat]
) -> SpeechRequest | Response:
    """Return the request, or the response that rejects it."""
    try:
        output_format = _checked_format(request, settings, formats)
    except Rejected as rejected:
        return rejection_response(rejected)
    body = await _body(request)
    if isinstance(body, Response):
        return body
    try:
        check_body(body, settings)
    except Rejected as rejected:
        return rejection_response(rejected)
    return SpeechRequest(body["text"], request.path_params["voice_id"], output_format)


def check_body(body: Mapping[str, Any], settings: ElevenLabsSandboxSettings) -> None:
    """Reject parameters that the model does not take, and texts without words or beyond the limits.

    Raises:
        Rejected: ElevenLabs would answer 400 or 401.
    """
    model = find_model(body.get("model_id"))
    check_language(model, body.get("language_code"))
    check_voice_settings(body.get("voice_settings"), model)
    _check_context(body, model)
    text = body["text"]
    if not text.strip():
        raise Rejected("input_text_empty", "The input text is empty. Please provide a text to synthesize.")
    if len(text) > model.max_characters:
        message = f"This request's text has {len(text)} characters and exceeds the character limit of"
        raise Rejected("max_character_limit_exceeded", f"{message} {model.max_characters} characters.")
    remaining = settings.tts_character_limit - settings.tts_characters_used
    if len(text) > remaining:
        message = f"This request exceeds your quota of {settings.tts_character_limit}. You have {remaining}"
        raise Rejected("quota_exceeded", f"{message} credits remaining, while {len(text)} are required.")


def _check_context(body: Mapping[str, Any], model: Model) -> None:
    if model.context:
        return
    for pair in _CONTEXT_PAIRS:
        if any(body.get(name) for name in pair):
            message = (
                f"Providing {pair[0]} or {pair[1]} is not yet supported with the '{model.model_id}' model."
            )
            raise Rejected("unsupported_model", message)


def _checked_format(
    request: Request, settings: ElevenLabsSandboxSettings, formats: Mapping[str, OutputFormat]
) -> OutputFormat:
    key = request.headers.get("xi-api-key", "")
    if not key or key.startswith("bad"):
        raise Rejected("invalid_api_key", "Invalid API key")
    if settings.tts_refuse:
        raise Rejected(settings.tts_refuse, "Rejected by the sandbox's settings.")
    voice_id = request.path_params["voice_id"]
    if rejected := check_voice_id(voice_id, settings.tts_tier, premade=settings.tts_premade_voices):
        raise rejected
    return read_output_format(request.query_params.get("output_format"), formats, settings.tts_tier)


async def _body(request: Request) -> dict[str, Any] | Response:
    try:
        body: Any = await request.json()
    except ValueError:
        body = None
    text = body.get("text") if isinstance(body, dict) else None
    if isinstance(text, str):
        return dict(body)
    kind, message = ("missing", "Field required") if text is None else ("string_type", "Not a string")
    problem = {"type": kind, "loc": ["body", "text"], "msg": message, "input": text}
    return JSONResponse({"detail": [problem]}, status_code=422)
