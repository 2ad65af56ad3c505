"""Media Streams' JSON to events and back. No I/O, no clock.

Twilio writes every number outside `mediaFormat` as a string.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

REDIRECTED_AT_MS = "redirected_at_ms"
"""Parameter of a stream that we had opened in place of a lost one."""
_MEDIA_HEAD = '{"event":"media"'
_MOST_DIGITS = 12
_LARGEST_FRAME = 64 * 1024


class InvalidMediaMessage(ValueError):
    """A message that Twilio would not send; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Connected:
    """First message of a socket."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins."""

    stream_sid: str
    call_sid: str
    redirected_at_ms: int = 0
    """Call time at which we told Twilio to open it in another's place; 0: we did not."""


@dataclass(frozen=True, slots=True)
class Media:
    """What the caller said; the time counts from the stream's start."""

    timestamp_ms: int
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark has come back."""

    name: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key was pressed."""

    digit: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over."""


Message = Connected | Start | Media | Mark | Dtmf | Stop


def read(text: str) -> Message | None:
    """Read a message; None for an event that this version does not know.

    Raises:
        BadMessage: no JSON, a field missing or of the wrong kind, sound that is no base64.
    """
    if text.startswith(_MEDIA_HEAD) and "\\" not in text:
        media = _read_media_fast(text)
        if media is not None:
            return media
    try:
        message = json.loads(text)
    except ValueError:
        raise InvalidMediaMessage("no JSON") from None
    if not isinstance(message, dict):
        raise InvalidMediaMessage("no JSON object")
    try:
        return _read_event(message)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidMediaMessage(f"{message.get('event')!r} without {error}") from None


def _read_media_fast(text: str) -> Media | None:
    """Fifty a second and call: the shape that Twilio sends is read without a JSON parser."""
    payload = _between(text, '"payload":"')
    timestamp = _between(text, '"timestamp":"')
    if payload is None or timestamp is None or not timestamp.isdigit() or '"outbound"' in text:
        return None
    return Media(int(timestamp), _decode_audio(payload))


def _between(text: str, head: str) -> str | None:
    start = text.find(head)
    if start < 0:
        return None
    start += len(head)
    end = text.find('"', start)
    return text[start:end] if end >= 0 else None


def _read_event(message: dict[str, Any]) -> Message | None:
    match message.get("event"):
        case "connected":
            return Connected()
        case "start":
            start = message["start"]
            redirected_at_ms = str(start.get("customParameters", {}).get(REDIRECTED_AT_MS, "0"))
            if not redirected_at_ms.isdigit() or len(redirected_at_ms) > _MOST_DIGITS:
                raise InvalidMediaMessage(f"{REDIRECTED_AT_MS} {redirected_at_ms!r}")
            return Start(_string(start, "streamSid"), _string(start, "callSid"), int(redirected_at_ms))
        case "media":
            media = message["media"]
            if media.get("track", "inbound") != "inbound":
                return None
            timestamp = str(media["timestamp"])
            if not timestamp.isdigit():
                raise InvalidMediaMessage(f"timestamp {timestamp!r}")
            return Media(int(timestamp), _decode_audio(_string(media, "payload")))
        case "mark":
            return Mark(_string(message["mark"], "name"))
        case "dtmf":
            return Dtmf(_string(message["dtmf"], "digit"))
        case "stop":
            return Stop()
        case _:
            return None


def _string(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise InvalidMediaMessage(f"{name} is no text")
    return value


def _decode_audio(payload: str) -> bytes:
    if len(payload) > _LARGEST_FRAME:
        raise InvalidMediaMessage(f"a payload of {len(payload)} characters")
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except (binascii.Error, ValueError):
        raise InvalidMediaMessage("payload is no base64") from None


def media(stream_sid: str, mulaw: bytes) -> str:
    """Sound for the caller."""
    payload = base64.b64encode(mulaw).decode()
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{payload}"}}}}'


def mark(stream_sid: str, name: str) -> str:
    """Come back when what was sent before has been played."""
    return f'{{"event":"mark","streamSid":"{stream_sid}","mark":{{"name":"{name}"}}}}'


def clear(stream_sid: str) -> str:
    """Forget what was not played."""
    return f'{{"event":"clear","streamSid":"{stream_sid}"}}'
