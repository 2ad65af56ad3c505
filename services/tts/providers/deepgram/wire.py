"""Encodes and decodes messages of `/v1/speak`. No I/O.

Source: Deepgram's reference of the endpoint, its pages on Flush and Clear, and the types of its SDK 7.17.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from parley.agent_config import TtsConfig
from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.errors import ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.tts.providers.deepgram.models import PROVIDER, DeepgramTtsOptions, speak_model, speed_of

PROVIDER_URL = "https://api.deepgram.com"
MAX_MESSAGE_CHARS = 2000
FLUSH = json.dumps({"type": "Flush"})
CLEAR = json.dumps({"type": "Clear"})
CLOSE = json.dumps({"type": "Close"})
_MAX_TEXT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Control:
    """A confirmation."""

    kind: Literal["Flushed", "Cleared"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning or an error."""

    is_error: bool
    code: str
    text: str


Message: TypeAlias = bytes | Control | Notice


def socket_url(base_url: str, config: TtsConfig) -> str:
    """URL of the WebSocket; http becomes ws, https wss.

    Raises:
        ConfigError: the section names no Aura-2 voice.
    """
    base = (base_url or PROVIDER_URL).rstrip("/")
    model = speak_model(config)
    query = {"model": model, "encoding": "mulaw", "sample_rate": str(SAMPLE_RATE_HZ), "container": "none"}
    if (speed := speed_of(config, model)) is not None:
        query["speed"] = f"{speed:g}"
    if DeepgramTtsOptions.model_validate(config.options).mip_opt_out:
        query["mip_opt_out"] = "true"
    address = f"ws{base[4:]}" if base.startswith("http") else base
    return f"{address}/v1/speak?{urlencode(query)}"


def speak(text: str) -> Iterator[str]:
    """The messages for a clause: one, or several for a text that is longer than a message may be."""
    text = f"{text.strip()} "
    while text.strip():
        end = len(text)
        if end > MAX_MESSAGE_CHARS:
            end = text.rfind(" ", 0, MAX_MESSAGE_CHARS) + 1 or MAX_MESSAGE_CHARS
        yield json.dumps({"type": "Speak", "text": text[:end]})
        text = text[end:]


def read_message(data: str | bytes) -> Message | None:
    """Parse a frame: audio, or a message; None for one that needs no handling.

    Raises:
        ProviderUnavailable: it is text, but not a JSON object.
    """
    if isinstance(data, bytes):
        return data
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(PROVIDER, "a message that is not JSON") from None
    if not isinstance(message, dict):
        raise ProviderUnavailable(PROVIDER, "a message that is not a JSON object")
    match message.get("type"):
        case "Flushed":
            return Control("Flushed")
        case "Cleared":
            return Control("Cleared")
        case "Warning" | "Error" as kind:
            code = _text(message, "code", "warn_code", "err_code")
            text = _text(message, "description", "warn_msg", "err_msg", "message")
            return Notice(kind == "Error", code, text)
        case _:
            return None


def _text(message: dict[str, object], *names: str) -> str:
    values = (message.get(name) for name in names)
    found = next((value for value in values if isinstance(value, str) and value), "")
    return clean_text(found, _MAX_TEXT_CHARS)
