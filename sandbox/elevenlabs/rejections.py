"""Rejections with ElevenLabs' error codes. No I/O."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import JSONResponse

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.output_format import DEFAULT_FORMAT, OutputFormat


@dataclass(frozen=True, slots=True)
class _Kind:
    """Form of a rejection over HTTP."""

    http_status: int
    type: str
    status: str = ""
    """The older name of the code, if it differs."""
    param: str = ""


_AUTHENTICATION, _VALIDATION = "authentication_error", "validation_error"
_KINDS = {
    "invalid_api_key": _Kind(401, _AUTHENTICATION),
    "missing_permissions": _Kind(401, _AUTHENTICATION),
    "quota_exceeded": _Kind(401, "quota_error"),
    "detected_unusual_activity": _Kind(401, _AUTHENTICATION),
    "paid_plan_required": _Kind(402, "payment_required", "payment_required"),
    "subscription_required": _Kind(403, "authorization_error", "output_format_not_allowed", "output_format"),
    "model_access_denied": _Kind(403, "authorization_error", param="model_id"),
    "voice_not_found": _Kind(404, "not_found"),
    "too_many_concurrent_requests": _Kind(429, "rate_limit_error"),
    "system_busy": _Kind(429, "rate_limit_error"),
    "something_went_wrong": _Kind(500, "internal_error"),
    "unsupported_model": _Kind(400, _VALIDATION, param="model_id"),
    "unsupported_language": _Kind(400, _VALIDATION, param="language_code"),
}
_OTHER = _Kind(400, _VALIDATION)
_CREATOR_FORMATS = ("mp3_44100_192",)
_PRO_FORMATS = ("pcm_44100", "pcm_48000", "wav_44100", "wav_48000")
_PLANS = ("free", "starter", "creator", "pro", "scale", "business", "enterprise")


def rejection_response(rejected: Rejected) -> JSONResponse:
    """Build the HTTP response to a rejected request or WebSocket upgrade."""
    kind = _KINDS.get(rejected.code, _OTHER)
    detail = {
        "type": kind.type,
        "code": rejected.code,
        "message": str(rejected),
        "status": kind.status or rejected.code,
        "request_id": uuid.uuid4().hex,
    }
    if kind.param:
        detail["param"] = kind.param
    return JSONResponse({"detail": detail}, status_code=kind.http_status)


def read_output_format(
    name: str | None, formats: Mapping[str, OutputFormat], tier: str = "creator"
) -> OutputFormat:
    """Parse a value of `output_format`; None means ElevenLabs' default, `mp3_44100_128`.

    Raises:
        Rejected: it is none of these formats, or the plan does not include it.
    """
    if name is None:
        return DEFAULT_FORMAT
    if name not in formats:
        allowed = ", ".join(sorted(formats))
        raise Rejected(
            "invalid_output_format", f"Invalid output_format: {name}. It must be one of: {allowed}."
        )
    needed = "pro" if name in _PRO_FORMATS else "creator" if name in _CREATOR_FORMATS else "free"
    if _PLANS.index(tier) < _PLANS.index(needed):
        message = f"Output format '{name}' is only available on the {needed.title()} tier and above."
        raise Rejected("subscription_required", message)
    return formats[name]
