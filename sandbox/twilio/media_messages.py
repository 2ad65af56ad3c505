"""Media Streams messages: builds the client's as text, validates the server's strictly. No I/O, no clock.

Every number outside mediaFormat is a string on the wire. Media frames are formatted without a JSON encoder,
because 100 calls send 5000 of them a second.
"""

import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'

MALFORMED_MESSAGE = 31950
INVALID_MESSAGE = 31951


@dataclass(frozen=True, slots=True)
class Media:
    """Audio to play."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark to send back when all earlier audio has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Discard all queued audio."""


class MessageError(ValueError):
    """A message that Twilio would ignore with a warning."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def start(
    account_sid: str,
    call_sid: str,
    stream_sid: str,
    tracks: tuple[str, ...],
    parameters: Mapping[str, str],
) -> str:
    """The `start` message, always with sequence number 1."""
    body = {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": account_sid,
            "streamSid": stream_sid,
            "callSid": call_sid,
            "tracks": list(tracks),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        },
        "streamSid": stream_sid,
    }
    return json.dumps(body, separators=(",", ":"))


def media(stream_sid: str, sequence: int, track: str, chunk: int, timestamp_ms: int, mulaw: bytes) -> str:
    """A frame of audio."""
    payload = binascii.b2a_base64(mulaw, newline=False).decode("ascii")
    return (
        f'{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"{track}","chunk":"{chunk}",'
        f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},"streamSid":"{stream_sid}"}}'
    )


def dtmf(stream_sid: str, sequence: int, digit: str) -> str:
    """A digit that the caller pressed."""
    body = {
        "event": "dtmf",
        "streamSid": stream_sid,
        "sequenceNumber": str(sequence),
        "dtmf": {"track": "inbound_track", "digit": digit},
    }
    return json.dumps(body, separators=(",", ":"))


def mark(stream_sid: str, sequence: int, name: str) -> str:
    """A mark that was reached, or cleared."""
    body = {
        "event": "mark",
        "sequenceNumber": str(sequence),
        "streamSid": stream_sid,
        "mark": {"name": name},
    }
    return json.dumps(body, separators=(",", ":"))


def stop(account_sid: str, call_sid: str, stream_sid: str, sequence: int) -> str:
    """The last message of a stream."""
    body = {
        "event": "stop",
        "sequenceNumber": str(sequence),
        "stop": {"accountSid": account_sid, "callSid": call_sid},
        "streamSid": stream_sid,
    }
    return json.dumps(body, separators=(",", ":"))


def parse(message: str | bytes, stream_sid: str) -> Media | Mark | Clear:
    """Parse a message from the server; raises MessageError with Twilio's code if Twilio would ignore it."""
    if isinstance(message, bytes):
        raise MessageError(MALFORMED_MESSAGE, "binary message")
    try:
        body = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise MessageError(INVALID_MESSAGE, f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise MessageError(INVALID_MESSAGE, "not a JSON object")
    event = body.get("event")
    if event not in ("media", "mark", "clear"):
        raise MessageError(INVALID_MESSAGE, f"unknown event {event!r}")
    _require_fields(
        body, {"event", "streamSid"} if event == "clear" else {"event", "streamSid", event}, "message"
    )
    if body["streamSid"] != stream_sid:
        raise MessageError(INVALID_MESSAGE, f"streamSid {body['streamSid']!r} is not this stream's")
    if event == "media":
        return Media(_payload(body["media"]))
    return Mark(_name(body["mark"])) if event == "mark" else Clear()


def _require_fields(body: object, fields: set[str], where: str) -> None:
    if not isinstance(body, dict):
        raise MessageError(INVALID_MESSAGE, f"{where} is not an object")
    if body.keys() != fields:
        wrong = ", ".join(sorted(body.keys() ^ fields))
        raise MessageError(INVALID_MESSAGE, f"missing or extra fields in {where}: {wrong}")


def _payload(body: dict[str, object]) -> bytes:
    _require_fields(body, {"payload"}, "media")
    payload = body["payload"]
    if not isinstance(payload, str):
        raise MessageError(INVALID_MESSAGE, "payload is not a string")
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except ValueError as error:
        raise MessageError(INVALID_MESSAGE, f"payload is not base64: {error}") from error


def _name(body: dict[str, object]) -> str:
    _require_fields(body, {"name"}, "mark")
    name = body["name"]
    if not isinstance(name, str):
        raise MessageError(INVALID_MESSAGE, "mark name is not a string")
    return name
