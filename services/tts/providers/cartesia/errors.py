"""Converts Cartesia's errors to ProviderErrors with a remedy. No I/O.

The same error arrives in the refusal of a WebSocket, in an HTTP response or in an event of a context. With
versions of the API from 2026-03-01 on it has a code, a title and a message; servers behind proxies send text.
"""

import json
from collections.abc import Mapping
from typing import Any

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.tts.providers.cartesia.models import DEFAULT_MODEL, PROVIDER

_MAX_REASON_CHARS = 200
_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("model_sunsetted", "model_not_found", "invalid model", "model_id"),
        f"set tts.model to a model of Cartesia, such as {DEFAULT_MODEL}",
    ),
    (
        ("voice_not_found", "voice not found", "voice.id", "voice"),
        "set tts.voice to the id of a voice from https://play.cartesia.ai/voices",
    ),
    (("language",), "set tts.language to a language of the model, or leave it out"),
    (
        ("quota", "credits", "payment", "http 402"),
        "the account has no credits left: buy credits or choose a larger plan at https://play.cartesia.ai",
    ),
    (("plan_upgrade", "upgrade"), "the account's plan does not include this: choose one that does"),
    (("unauthorized", "invalid api key", "http 401"), "check CARTESIA_API_KEY"),
    (("version",), "the address in PARLEY_CARTESIA_URL speaks another version of the API"),
)
_EXPIRED = ("context_expired", "context expired", "expired", "context not found")
"""A context may expire while a clause is on its way: the next attempt uses a new one."""


def map_error(status: int, code: str, text: str, voice: str = "") -> ProviderError:
    """Convert a status, and the code and the text of an error, to a ProviderError."""
    detail = ": ".join(part for part in (f"HTTP {status}" if status else "", code, text) if part)
    reason = clean_text(detail or "an error without a reason", _MAX_REASON_CHARS)
    lowered = reason.lower()
    if status == 429 or "concurrency" in lowered:
        return ProviderRateLimited(PROVIDER, reason)
    if not 400 <= status < 500 or status == 408 or any(name in lowered for name in _EXPIRED):
        return ProviderUnavailable(PROVIDER, reason)
    remedy = next((remedy for names, remedy in _REMEDIES if any(name in lowered for name in names)), "")
    if voice and "tts.voice" in remedy:
        remedy = f"the account has no voice {clean_text(voice, 60)!r}: {remedy}"
    return ProviderRejected(PROVIDER, f"{reason}; {remedy}" if remedy else reason)


def map_body(status: int, body: bytes) -> ProviderError:
    """Convert an HTTP response or the refusal of a WebSocket."""
    return map_error(status, *error_fields(_parsed(body)))


def error_fields(body: Any) -> tuple[str, str]:
    """The code and the text of an error in any of its forms; empty for what is absent."""
    if not isinstance(body, Mapping):
        return "", clean_text(body, _MAX_REASON_CHARS) if isinstance(body, str) else ""
    texts = (body.get("title"), body.get("message") or body.get("error"))
    text = ": ".join(clean_text(part, _MAX_REASON_CHARS) for part in texts if isinstance(part, str) and part)
    code = body.get("error_code")
    return clean_text(code, _MAX_REASON_CHARS) if isinstance(code, str) else "", text


def _parsed(body: bytes) -> Any:
    text = body[: 16 * 1024].decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # A proxy's page is of no use in a log line.
        return "" if text.lstrip().startswith("<") else text
