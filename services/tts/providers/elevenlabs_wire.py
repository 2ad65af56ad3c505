"""Encodes and decodes the JSON messages of ElevenLabs' multi-context WebSocket. No I/O."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming

PROVIDER = "elevenlabs"
OUTPUT_FORMAT = "ulaw_8000"
PROVIDER_URL = "https://api.elevenlabs.io"
MAX_CONTEXTS = 5
"""Maximum number of contexts; with one more, the provider closes the whole connection."""
INACTIVITY_TIMEOUT_S = 180

_MAX_REASON_CHARS = 160

_RATE_LIMITED = ("too_many_concurrent_requests", "system_busy", "rate_limit")
_REJECTED = (
    "api_key",
    "unauthorized",
    "authentication",
    "permission",
    "quota_exceeded",
    "detected_unusual_activity",
    "not_found",
    "does_not_exist",
    "invalid_uid",
    "payment",
)


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Audio of one context."""

    context_id: str
    chunk: AudioChunk
    final: bool


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """An error; the provider closes the connection next."""

    error: ProviderError


def socket_url(base_url: str, config: TtsConfig) -> str:
    """URL of the WebSocket; http becomes ws, https wss."""
    query = {
        "model_id": config.model,
        "output_format": OUTPUT_FORMAT,
        # Clauses are complete: waiting for more characters gains nothing.
        "auto_mode": "true",
        "sync_alignment": "true",
        "inactivity_timeout": str(INACTIVITY_TIMEOUT_S),
    }
    if config.language:
        query["language_code"] = config.language
    base = (base_url or PROVIDER_URL).rstrip("/")
    if base.startswith("http"):
        base = f"ws{base.removeprefix('http')}"
    voice = quote(config.voice, safe="")
    return f"{base}/v1/text-to-speech/{voice}/multi-stream-input?{urlencode(query)}"


def init_context(context_id: str, config: TtsConfig) -> str:
    """First message of a context; its text must be a single space."""
    settings = {
        "stability": config.stability,
        "similarity_boost": config.similarity,
        "speed": config.speed,
    }
    return json.dumps({"text": " ", "context_id": context_id, "voice_settings": settings})


def send_text(context_id: str, text: str) -> str:
    """Synthesize a clause immediately."""
    return json.dumps({"text": f"{text.strip()} ", "context_id": context_id, "flush": True})


def keep_alive(context_id: str) -> str:
    """Keep a context open."""
    return json.dumps({"text": "", "context_id": context_id})


def close_context(context_id: str) -> str:
    """Signal the end of the text; audio of flushed text is still sent."""
    return json.dumps({"context_id": context_id, "close_context": True})


def read_frame(data: str | bytes) -> AudioFrame | ErrorFrame | None:
    """Parse a frame; None for a kind that is not supported.

    Raises:
        ProviderUnavailable: it is not a JSON object, or its audio is not base64.
    """
    try:
        frame = json.loads(data)
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "a frame that is not JSON") from None
    if not isinstance(frame, dict):
        raise ProviderUnavailable(PROVIDER, "a frame that is not a JSON object")
    if frame.get("error"):
        return ErrorFrame(map_error(str(frame["error"]), str(frame.get("message") or "")))
    context_id = frame.get("contextId") or frame.get("context_id")
    final = bool(frame.get("isFinal") or frame.get("is_final"))
    audio = frame.get("audio")
    if not isinstance(context_id, str) or not (audio or final):
        return None
    return AudioFrame(context_id, AudioChunk(_mulaw(audio), _characters(frame.get("alignment"))), final)


def map_error(code: str, message: str) -> ProviderError:
    """Convert the provider's error code to a ProviderError."""
    reason = (f"{code}: {message}" if message else code)[:_MAX_REASON_CHARS]
    lowered = reason.lower()
    if any(code in lowered for code in _RATE_LIMITED):
        return ProviderRateLimited(PROVIDER, reason)
    if any(code in lowered for code in _REJECTED):
        return ProviderRejected(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


def map_status_error(status: int, message: str) -> ProviderError:
    """Convert an HTTP status to a ProviderError."""
    reason = (f"HTTP {status}: {message}" if message else f"HTTP {status}")[:_MAX_REASON_CHARS]
    if status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if 400 <= status < 500:
        return ProviderRejected(PROVIDER, reason)
    return ProviderUnavailable(PROVIDER, reason)


def error_detail(body: Any) -> str:
    """Return the text of an HTTP error's body: {"detail": {"status", "message"}}, a list, or other."""
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return ""
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, list) and detail:
        detail = detail[0]
    if isinstance(detail, dict):
        parts = (detail.get("status"), detail.get("message") or detail.get("msg"))
        return ": ".join(str(part) for part in parts if part)
    return detail if isinstance(detail, str) else ""


def _mulaw(audio: Any) -> bytes:
    if not audio:
        return b""
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ProviderUnavailable(PROVIDER, "audio that is not base64") from None


def _characters(alignment: Any) -> tuple[CharTiming, ...]:
    """Return the timings; a malformed alignment is treated as a missing one."""
    if not isinstance(alignment, dict):
        return ()
    durations = alignment.get("charDurationsMs") or alignment.get("charsDurationsMs")
    columns: tuple[Any, ...] = (alignment.get("chars"), alignment.get("charStartTimesMs"), durations)
    if not all(isinstance(column, list) for column in columns):
        return ()
    try:
        return tuple(
            CharTiming(str(text), float(start), float(start) + float(duration))
            for text, start, duration in zip(*columns, strict=True)
        )
    except (TypeError, ValueError):
        return ()
