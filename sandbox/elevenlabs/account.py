"""The account's REST routes: the subscription and the voices."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.rejections import rejection_response
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.voices import check_voice_id
from sandbox.emulator import RuntimeSettings

_VOICES = (
    ("sandboxVoicePremade1", "Harbour", "premade"),
    ("sandboxVoiceOwn00001", "Riverside", "cloned"),
)
_RESET_UNIX = 1_798_761_600


def account_routes(settings: RuntimeSettings[ElevenLabsSandboxSettings]) -> list[BaseRoute]:
    """The routes of the account."""

    async def subscription(request: Request) -> Response:
        if rejected := _rejection(request, settings.current, "user_read"):
            return rejection_response(rejected)
        return JSONResponse(_subscription(settings.current))

    async def voices(request: Request) -> Response:
        if rejected := _rejection(request, settings.current, "voices_read"):
            return rejection_response(rejected)
        return JSONResponse({"voices": [_voice(*voice) for voice in _VOICES]})

    async def voice(request: Request) -> Response:
        voice_id = request.path_params["voice_id"]
        rejected = _rejection(request, settings.current, "voices_read") or check_voice_id(voice_id)
        if rejected:
            return rejection_response(rejected)
        found = next((voice for voice in _VOICES if voice[0] == voice_id), None)
        return JSONResponse(_voice(*(found or (voice_id, "Library voice", "professional"))))

    return [
        Route("/v1/user/subscription", subscription),
        Route("/v1/voices", voices),
        Route("/v1/voices/{voice_id}", voice),
    ]


def _rejection(request: Request, settings: ElevenLabsSandboxSettings, permission: str) -> Rejected | None:
    key = request.headers.get("xi-api-key", "")
    if not key or key.startswith("bad"):
        return Rejected("invalid_api_key", "Invalid API key")
    if permission in settings.tts_missing_permissions:
        message = f"The API key you used is missing the permission {permission} to execute this operation."
        return Rejected("missing_permissions", message)
    return None


def _subscription(settings: ElevenLabsSandboxSettings) -> Mapping[str, Any]:
    return {
        "tier": settings.tts_tier,
        "character_count": settings.tts_characters_used,
        "character_limit": settings.tts_character_limit,
        "can_extend_character_limit": False,
        "allowed_to_extend_character_limit": False,
        "next_character_count_reset_unix": _RESET_UNIX,
        "voice_limit": 10,
        "currency": "usd",
        "status": "free" if settings.tts_tier == "free" else "active",
    }


def _voice(voice_id: str, name: str, category: str) -> Mapping[str, Any]:
    return {
        "voice_id": voice_id,
        "name": name,
        "category": category,
        "samples": [],
        "labels": {},
        "available_for_tiers": [],
        "settings": None,
        "sharing": None,
    }
