"""Converts ElevenLabs' rejections to ProviderErrors with a remedy. No I/O.

The same code can arrive in an HTTP response, in the refusal of a WebSocket or in a frame on an open one.
"""

import json
from collections.abc import Mapping
from typing import Any

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text

PROVIDER = "elevenlabs"

_MAX_MESSAGE_CHARS = 200

_PAID_VOICE = ("paid_plan_required", "payment_required", "http 402", "free users cannot")
_UNKNOWN_VOICE = ("voice_not_found", "voice_does_not_exist", "invalid_uid", "voice_disabled", "voice_deleted")
_RATE_LIMITED = ("too_many_concurrent_requests", "system_busy", "rate_limit", "concurrent_limit_exceeded")
_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        _PAID_VOICE,
        "voice {voice} needs a paid plan: set tts.voice to a voice of your own, or upgrade the plan",
    ),
    (
        _UNKNOWN_VOICE,
        "the account has no voice {voice}: set tts.voice to one from https://elevenlabs.io/app/my-voices",
    ),
    (
        ("missing_permissions", "missing the permission", "permission_denied"),
        "give the API key this permission at https://elevenlabs.io/app/settings/api-keys",
    ),
    (
        ("detected_unusual_activity",),
        "the provider blocks the account's free plan, often because of a shared address: use a paid plan",
    ),
    (
        ("quota_exceeded", "insufficient_credits", "credits"),
        "the account has no credits left: buy credits, or raise the limit of the API key",
    ),
    (
        ("invalid_api_key", "needs_authorization", "unauthorized", "authentication", "api_key", "http 401"),
        "check ELEVENLABS_API_KEY",
    ),
    (
        ("model_not_found", "unsupported_model", "model_id_does_not_exist", "invalid_model", "model_access"),
        "set tts.model to a model of the account that supports this transport",
    ),
    (
        ("only_for_creator", "subscription_required", "invalid_subscription", "output_format_not_allowed"),
        "the account's plan does not include this: upgrade the plan",
    ),
    (("max_character_limit", "text_too_long"), ""),
)


def map_error(code: str, message: str, voice: str = "") -> ProviderError:
    """Convert the provider's error code to a ProviderError."""
    reason = _clipped(f"{code}: {message}" if message else code)
    lowered = reason.lower()
    if any(name in lowered for name in _RATE_LIMITED):
        return ProviderRateLimited(PROVIDER, reason)
    remedy = _remedy(lowered, voice)
    if remedy is None:
        return ProviderUnavailable(PROVIDER, reason)
    return ProviderRejected(PROVIDER, f"{reason}; {remedy}" if remedy else reason)


def map_status_error(status: int, message: str, voice: str = "") -> ProviderError:
    """Convert an HTTP status to a ProviderError."""
    reason = _clipped(f"HTTP {status}: {message}" if message else f"HTTP {status}")
    if status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if 400 <= status < 500:
        remedy = _remedy(reason.lower(), voice)
        return ProviderRejected(PROVIDER, f"{reason}; {remedy}" if remedy else reason)
    return ProviderUnavailable(PROVIDER, reason)


def rejects_voice(error: ProviderError) -> bool:
    """Whether the request was rejected because of its voice."""
    reason = error.reason.lower()
    return isinstance(error, ProviderRejected) and any(
        name in reason for name in (*_PAID_VOICE, *_UNKNOWN_VOICE)
    )


def error_detail(body: Any) -> str:
    """Return the text of an HTTP error's body, in any of its forms: code, message and parameter."""
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return ""
    detail = body.get("detail", body) if isinstance(body, Mapping) else body
    if isinstance(detail, list) and detail:
        detail = detail[0]
    if not isinstance(detail, Mapping):
        return clean_text(detail) if isinstance(detail, str) else ""
    code = detail.get("code") or detail.get("status") or detail.get("type")
    place = detail.get("loc")
    parameter = (
        ".".join(str(part) for part in place if isinstance(part, str | int))
        if isinstance(place, list)
        else detail.get("param")
    )
    parts = (code, parameter, detail.get("message") or detail.get("msg"))
    return clean_text(": ".join(str(part) for part in parts if part and isinstance(part, str | int)))


def _remedy(lowered: str, voice: str) -> str | None:
    for names, remedy in _REMEDIES:
        if any(name in lowered for name in names):
            return remedy.format(voice=repr(voice)) if voice else remedy.replace("{voice} ", "")
    return None


def _clipped(text: str) -> str:
    return clean_text(text, _MAX_MESSAGE_CHARS)
