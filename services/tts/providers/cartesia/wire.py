"""Encodes and decodes the JSON messages of Cartesia's WebSocket. No I/O.

Source: Cartesia's reference of /tts/websocket, its guides to contexts, flushing and buffering, and the types
of its SDK 4.2.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from parley.agent_config import TtsConfig
from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.errors import ProviderUnavailable
from parley.language_codes import common_code
from parley.providers.untrusted import clean_text, finite_number
from services.tts.providers.cartesia.errors import error_fields
from services.tts.providers.cartesia.models import PROVIDER, CartesiaOptions

PROVIDER_URL = "https://api.cartesia.ai"
API_VERSION = "2026-03-01"
"""The first version whose errors have codes; the documentation names it as the current one."""
_MAX_MS = 3_600_000.0
_MAX_FLUSH_ID = 1_000_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is audible, in milliseconds from the start of its context or flush."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Audio:
    """Audio of a context."""

    context_id: str
    audio: bytes
    flush_id: int
    """The number of the clause from 1 on; 0 if the event has none."""


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The times of some words of a context."""

    context_id: str
    words: tuple[Word, ...]
    flush_id: int


@dataclass(frozen=True, slots=True)
class FlushDone:
    """All audio of a clause was sent."""

    context_id: str
    flush_id: int


@dataclass(frozen=True, slots=True)
class ContextDone:
    """A context is complete, or has expired."""

    context_id: str


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A context failed; without its id, a message of the socket."""

    context_id: str
    status: int
    code: str
    text: str


Event: TypeAlias = Audio | Timestamps | FlushDone | ContextDone | ErrorEvent


def socket_url(base_url: str) -> str:
    """URL of the WebSocket; http becomes ws, https wss."""
    base = (base_url or PROVIDER_URL).rstrip("/")
    return f"{f'ws{base[4:]}' if base.startswith('http') else base}/tts/websocket"


def http_base_url(base_url: str) -> str:
    """Base URL for HTTP requests; ws becomes http, wss https."""
    base = (base_url or PROVIDER_URL).rstrip("/")
    return f"http{base[2:]}" if base.startswith("ws") else base


def headers(key: str) -> dict[str, str]:
    """The headers of every request."""
    return {"Authorization": f"Bearer {key}", "Cartesia-Version": API_VERSION}


def context_fields(config: TtsConfig, voice: str) -> dict[str, Any]:
    """The fields that all messages of a context must repeat unchanged."""
    options = CartesiaOptions.model_validate(config.options)
    fields: dict[str, Any] = {
        "model_id": config.model,
        "voice": {"mode": "id", "id": voice},
        "output_format": {"container": "raw", "encoding": "pcm_mulaw", "sample_rate": SAMPLE_RATE_HZ},
        "add_timestamps": True,
        # Times of the words as they were sent: words of the normalized text would not match them.
        "use_normalized_timestamps": False,
        # A clause is complete when it is sent, and is spoken at once: with the default of 3000 ms the
        # provider would wait for more text.
        "max_buffer_delay_ms": 0,
    }
    if config.language:
        fields["language"] = common_code(config.language)
    if options.pronunciation_dict_id:
        fields["pronunciation_dict_id"] = options.pronunciation_dict_id
    if generation := _generation_config(config, options):
        fields["generation_config"] = generation
    return fields


def _generation_config(config: TtsConfig, options: CartesiaOptions) -> dict[str, Any]:
    """Only what differs from the defaults: some models refuse or ignore the rest."""
    generation: dict[str, Any] = {}
    if config.speed != 1.0:
        generation["speed"] = config.speed
    if options.volume != 1.0:
        generation["volume"] = options.volume
    if options.emotion:
        generation["emotion"] = options.emotion
    return generation


def clause(context_id: str, fields: Mapping[str, Any], text: str) -> str:
    """Speak a clause; more may follow."""
    return _message(context_id, fields, f"{text.strip()} ", more=True)


def flush(context_id: str, fields: Mapping[str, Any]) -> str:
    """Mark the end of a clause: its audio ends with `flush_done`; the next clause has the next flush_id."""
    return json.dumps({**_fields(context_id, fields, "", more=True), "flush": True})


def finish(context_id: str, fields: Mapping[str, Any]) -> str:
    """End the input of a context, which ends with a `done` after its audio."""
    return _message(context_id, fields, "", more=False)


def cancel(context_id: str) -> str:
    """Stop a context: generations that have not begun are neither sent nor billed."""
    return json.dumps({"context_id": context_id, "cancel": True})


def _message(context_id: str, fields: Mapping[str, Any], text: str, *, more: bool) -> str:
    return json.dumps(_fields(context_id, fields, text, more=more))


def _fields(context_id: str, fields: Mapping[str, Any], text: str, *, more: bool) -> dict[str, Any]:
    return {**fields, "context_id": context_id, "transcript": text, "continue": more}


def read_event(data: str | bytes) -> Event | None:
    """Parse a frame; None for a kind that is not used.

    Raises:
        ProviderUnavailable: it is not a JSON object, or its audio is not base64.
    """
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(PROVIDER, "a frame that is not JSON") from None
    if not isinstance(event, dict):
        raise ProviderUnavailable(PROVIDER, "a frame that is not a JSON object")
    context_id = event.get("context_id")
    name = context_id if isinstance(context_id, str) else ""
    kind = event.get("type")
    if kind == "error" or event.get("error") or event.get("error_code"):
        status = finite_number(event.get("status_code"), 0, 999)
        return ErrorEvent(name, int(status or 0), *error_fields(event))
    match kind:
        case "chunk":
            return Audio(name, _audio(event.get("data")), _flush_id(event))
        case "timestamps":
            return Timestamps(name, _words(event.get("word_timestamps")), _flush_id(event))
        case "flush_done":
            return FlushDone(name, _flush_id(event))
        case "done":
            return ContextDone(name)
        case _:
            return None


def _flush_id(event: Mapping[str, Any]) -> int:
    number = event.get("flush_id")
    valid = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _MAX_FLUSH_ID
    return number if valid and isinstance(number, int) else 0


def _audio(data: Any) -> bytes:
    if not data:
        return b""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ProviderUnavailable(PROVIDER, "audio that is not base64") from None


def _words(timestamps: Any) -> tuple[Word, ...]:
    """Return the words; malformed times are treated as missing ones."""
    if not isinstance(timestamps, Mapping):
        return ()
    columns = [timestamps.get(name) for name in ("words", "start", "end")]
    if not all(isinstance(column, list) for column in columns):
        return ()
    texts, starts, ends = columns
    assert isinstance(texts, list) and isinstance(starts, list) and isinstance(ends, list)  # noqa: S101, PT018
    if not len(texts) == len(starts) == len(ends):
        return ()
    found: list[Word] = []
    position_ms = 0.0
    for text, start, end in zip(texts, starts, ends, strict=True):
        start_s, end_s = finite_number(start, 0, _MAX_MS), finite_number(end, 0, _MAX_MS)
        if start_s is None or end_s is None or not isinstance(text, str):
            return ()
        position_ms = min(max(start_s * 1000, position_ms), _MAX_MS)
        found.append(Word(clean_text(text), position_ms, min(max(end_s * 1000, position_ms), _MAX_MS)))
    return tuple(found)
