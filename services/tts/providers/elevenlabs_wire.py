"""ElevenLabs' multi-context socket: JSON to frames and back. No I/O."""

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
MOST_CONTEXTS = 5
"""One more and the provider closes the whole socket."""
INACTIVITY_TIMEOUT_S = 180

_LONGEST_REASON = 160

_BUSY = ("too_many_concurrent_requests", "system_busy", "rate_limit")
_REFUSED = (
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
class SoundFrame:
    """Sound of one context."""

    context_id: str
    sound: AudioChunk
    final: bool


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """The provider says what is wrong; it closes the socket next."""

    error: ProviderError


def socket_url(base_url: str, speaking: TtsConfig) -> str:
    """Where the socket is; http becomes ws, https wss."""
    query = {
        "model_id": speaking.model,
        "output_format": OUTPUT_FORMAT,
        # Clauses are whole: nothing is gained by waiting for more characters.
        "auto_mode": "true",
        "sync_alignment": "true",
        "inactivity_timeout": str(INACTIVITY_TIMEOUT_S),
    }
    if speaking.language:
        query["language_code"] = speaking.language
    base = (base_url or PROVIDER_URL).rstrip("/")
    if base.startswith("http"):
        base = f"ws{base.removeprefix('http')}"
    voice = quote(speaking.voice, safe="")
    return f"{base}/v1/text-to-speech/{voice}/multi-stream-input?{urlencode(query)}"


def opening(context_id: str, speaking: TtsConfig) -> str:
    """First message of a context; the provider demands a single space as its text."""
    settings = {
        "stability": speaking.stability,
        "similarity_boost": speaking.similarity,
        "speed": speaking.speed,
    }
    return json.dumps({"text": " ", "context_id": context_id, "voice_settings": settings})


def clause(context_id: str, text: str) -> str:
    """A clause to be spoken now."""
    return json.dumps({"text": f"{text.strip()} ", "context_id": context_id, "flush": True})


def keep_alive(context_id: str) -> str:
    """The context is still wanted."""
    return json.dumps({"text": "", "context_id": context_id})


def closing(context_id: str) -> str:
    """Nothing more comes for this context; what was flushed is still made."""
    return json.dumps({"context_id": context_id, "close_context": True})


def read_frame(data: str | bytes) -> SoundFrame | ErrorFrame | None:
    """What the provider says; None for what this version does not know.

    Raises:
        ProviderBroken: it is no JSON object, or its sound is no base64.
    """
    try:
        frame = json.loads(data)
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "a frame that is no JSON") from None
    if not isinstance(frame, dict):
        raise ProviderUnavailable(PROVIDER, "a frame that is no JSON object")
    if frame.get("error"):
        return ErrorFrame(error_of(str(frame["error"]), str(frame.get("message") or "")))
    context_id = frame.get("contextId") or frame.get("context_id")
    final = bool(frame.get("isFinal") or frame.get("is_final"))
    audio = frame.get("audio")
    if not isinstance(context_id, str) or not (audio or final):
        return None
    return SoundFrame(context_id, AudioChunk(_mulaw(audio), _characters(frame.get("alignment"))), final)


def error_of(word: str, message: str) -> ProviderError:
    """The provider's error word as one of ours."""
    said = (f"{word}: {message}" if message else word)[:_LONGEST_REASON]
    lowered = said.lower()
    if any(busy in lowered for busy in _BUSY):
        return ProviderRateLimited(PROVIDER, said)
    if any(refused in lowered for refused in _REFUSED):
        return ProviderRejected(PROVIDER, said)
    return ProviderUnavailable(PROVIDER, said)


def error_of_status(status: int, message: str) -> ProviderError:
    """An HTTP status as one of our errors."""
    said = (f"HTTP {status}: {message}" if message else f"HTTP {status}")[:_LONGEST_REASON]
    if status == 429:
        return ProviderRateLimited(PROVIDER, said)
    if 400 <= status < 500:
        return ProviderRejected(PROVIDER, said)
    return ProviderUnavailable(PROVIDER, said)


def detail_of(body: Any) -> str:
    """The words in an HTTP error's body: {"detail": {"status", "message"}}, a list of such, or anything."""
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return ""
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, list) and detail:
        detail = detail[0]
    if isinstance(detail, dict):
        words = (detail.get("status"), detail.get("message") or detail.get("msg"))
        return ": ".join(str(word) for word in words if word)
    return detail if isinstance(detail, str) else ""


def _mulaw(audio: Any) -> bytes:
    if not audio:
        return b""
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ProviderUnavailable(PROVIDER, "sound that is no base64") from None


def _characters(alignment: Any) -> tuple[CharTiming, ...]:
    """An alignment that makes no sense is as good as none."""
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
