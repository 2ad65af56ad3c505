"""Parses and writes the JSON messages of Twilio Media Streams. No I/O, no clock.

Twilio writes every number outside `mediaFormat` as a string.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

REDIRECTED_AT_MS = "redirected_at_ms"
"""Custom parameter of a stream that replaces a lost one."""
AFTER_TOOL_CALL_ID = "after_tool_call_id"
"""Custom parameter of a stream that follows keys pressed by Twilio."""
_MEDIA_PREFIX = '{"event":"media"'
_MAX_DIGITS = 12
_MAX_ID_CHARS = 128
_MAX_PAYLOAD_CHARS = 64 * 1024


class InvalidMediaMessage(ValueError):
    """A message that does not follow Twilio's format; the text names the problem."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of a socket."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream starts."""

    stream_sid: str
    call_sid: str
    redirected_at_ms: int = 0
    """Call time at which a REST redirect made Twilio open this stream in place of a lost one; 0 for none."""
    after_tool_call_id: str = ""
    """The tool call whose keys were pressed before; empty for none."""


@dataclass(frozen=True, slots=True)
class Media:
    """Caller audio; the timestamp counts from about the stream's start."""

    timestamp_ms: int
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark has returned: the audio before it was played, or cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    """The caller pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream has ended."""


Message = Connected | Start | Media | Mark | Dtmf | Stop


def read(text: str) -> Message | None:
    """Parse a message; None for an event of another type.

    Raises:
        InvalidMediaMessage: not JSON, a field missing or of the wrong type, or audio that is not base64.
    """
    if text.startswith(_MEDIA_PREFIX) and "\\" not in text:
        media = _read_media_fast(text)
        if media is not None:
            return media
    try:
        message = json.loads(text)
    except ValueError:
        raise InvalidMediaMessage("not JSON") from None
    if not isinstance(message, dict):
        raise InvalidMediaMessage("not a JSON object")
    try:
        return _read_event(message)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidMediaMessage(f"{message.get('event')!r} without {error}") from None


def _read_media_fast(text: str) -> Media | None:
    """Read a media message in Twilio's usual form without a JSON parser, as each call has 50 a second."""
    payload = _between(text, '"payload":"')
    timestamp = _between(text, '"timestamp":"')
    if payload is None or timestamp is None or not timestamp.isdigit() or '"outbound"' in text:
        return None
    return Media(int(timestamp), _decode_audio(payload))


def _between(text: str, prefix: str) -> str | None:
    start = text.find(prefix)
    if start < 0:
        return None
    start += len(prefix)
    end = text.find('"', start)
    return text[start:end] if end >= 0 else None


def _read_event(message: dict[str, Any]) -> Message | None:
    match message.get("event"):
        case "connected":
            return Connected()
        case "start":
            start = message["start"]
            parameters = start.get("customParameters", {})
            redirected_at_ms = str(parameters.get(REDIRECTED_AT_MS, "0"))
            if not redirected_at_ms.isdigit() or len(redirected_at_ms) > _MAX_DIGITS:
                raise InvalidMediaMessage(f"{REDIRECTED_AT_MS} {redirected_at_ms!r}")
            after = str(parameters.get(AFTER_TOOL_CALL_ID, ""))[:_MAX_ID_CHARS]
            return Start(_string(start, "streamSid"), _string(start, "callSid"), int(redirected_at_ms), after)
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
        raise InvalidMediaMessage(f"{name} is not a string")
    return value


def _decode_audio(payload: str) -> bytes:
    if len(payload) > _MAX_PAYLOAD_CHARS:
        raise InvalidMediaMessage(f"a payload of {len(payload)} characters")
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except (binascii.Error, ValueError):
        raise InvalidMediaMessage("payload is not base64") from None


def media(stream_sid: str, mulaw: bytes) -> str:
    """Audio to be played to the caller."""
    payload = base64.b64encode(mulaw).decode()
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{payload}"}}}}'


def mark(stream_sid: str, name: str) -> str:
    """A mark that Twilio returns when the audio sent before it has been played."""
    return f'{{"event":"mark","streamSid":"{stream_sid}","mark":{{"name":"{name}"}}}}'


def clear(stream_sid: str) -> str:
    """Discard the audio that has not been played."""
    return f'{{"event":"clear","streamSid":"{stream_sid}"}}'
