"""Encodes and decodes the JSON messages of ElevenLabs' multi-context WebSocket. No I/O."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming
from parley.providers.untrusted import clean_text, finite_number
from services.tts.providers.elevenlabs_errors import PROVIDER, error_detail
from services.tts.providers.elevenlabs_parameters import RequestParameters

PROVIDER_URL = "https://api.elevenlabs.io"
MAX_CONTEXTS = 5
"""Maximum number of contexts; with one more, the provider closes the whole connection."""
_MAX_MS = 3_600_000.0
_MAX_MESSAGE_CHARS = 200


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Audio of one context."""

    context_id: str
    chunk: AudioChunk
    final: bool


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """An error; the provider closes the connection next."""

    code: str
    message: str


def socket_url(base_url: str, parameters: RequestParameters) -> str:
    """URL of the WebSocket; http becomes ws, https wss."""
    base = (base_url or PROVIDER_URL).rstrip("/")
    if base.startswith("http"):
        base = f"ws{base.removeprefix('http')}"
    voice = quote(parameters.config.voice, safe="")
    query = urlencode(parameters.socket_query())
    return f"{base}/v1/text-to-speech/{voice}/multi-stream-input?{query}"


def http_base_url(base_url: str) -> str:
    """Base URL for HTTP requests; ws becomes http, wss https."""
    base = (base_url or PROVIDER_URL).rstrip("/")
    return f"http{base.removeprefix('ws')}" if base.startswith("ws") else base


def init_context(context_id: str, parameters: RequestParameters) -> str:
    """First message of a context; its text must be a single space."""
    message: dict[str, Any] = {"text": " ", "context_id": context_id}
    if settings := parameters.voice_settings():
        message["voice_settings"] = settings
    return json.dumps(message)


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
    except (ValueError, RecursionError):
        raise ProviderUnavailable(PROVIDER, "a frame that is not JSON") from None
    if not isinstance(frame, dict):
        raise ProviderUnavailable(PROVIDER, "a frame that is not a JSON object")
    if frame.get("error"):
        return ErrorFrame(error_detail({"detail": frame["error"]}), _text(frame.get("message")))
    if frame.get("detail"):
        return ErrorFrame(error_detail(frame), "")
    if "code" in frame and frame.get("message") and not frame.get("audio"):
        return ErrorFrame(_text(frame["code"]), _text(frame["message"]))
    context_id = frame.get("contextId") or frame.get("context_id")
    final = True in (frame.get("isFinal"), frame.get("is_final"))
    audio = frame.get("audio")
    if not isinstance(context_id, str) or not (audio or final):
        return None
    return AudioFrame(context_id, AudioChunk(_mulaw(audio), _characters(frame.get("alignment"))), final)


def _text(value: Any) -> str:
    return clean_text(value, _MAX_MESSAGE_CHARS) if isinstance(value, str) else ""


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
    texts, starts, lengths = columns
    if not len(texts) == len(starts) == len(lengths):
        return ()
    timings: list[CharTiming] = []
    position_ms = 0.0
    for text, start, length in zip(texts, starts, lengths, strict=True):
        start_ms = finite_number(start, position_ms, _MAX_MS)
        length_ms = finite_number(length, 0.0, _MAX_MS)
        if start_ms is None or length_ms is None or not isinstance(text, str):
            return ()
        timings.append(CharTiming(clean_text(text), start_ms, start_ms + length_ms))
        position_ms = start_ms
    return tuple(timings)
