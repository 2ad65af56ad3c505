"""Media Streams messages: ours built as text, the server's checked strictly. No I/O, no clock.

Every number outside mediaFormat is a string on this wire. Media frames are put together by hand:
a hundred calls send five thousand of them a second.
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
    """Sound to be played."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A name to be sent back when everything before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Play nothing of what waits."""


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
    """The one `start` message, which has sequence number 1."""
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
    """A frame of sound."""
    payload = binascii.b2a_base64(mulaw, newline=False).decode("ascii")
    return (
        f'{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"{track}","chunk":"{chunk}",'
        f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},"streamSid":"{stream_sid}"}}'
    )


def dtmf(stream_sid: str, sequence: int, digit: str) -> str:
    """A key that the caller pressed."""
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
    """Read a message from the server; raises MessageError with Twilio's code for what it would ignore."""
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
    _only(body, {"event", "streamSid"} if event == "clear" else {"event", "streamSid", event}, "message")
    if body["streamSid"] != stream_sid:
        raise MessageError(INVALID_MESSAGE, f"streamSid {body['streamSid']!r} is not this stream's")
    if event == "media":
        return Media(_payload(body["media"]))
    return Mark(_name(body["mark"])) if event == "mark" else Clear()


def _only(body: object, fields: set[str], where: str) -> None:
    if not isinstance(body, dict):
        raise MessageError(INVALID_MESSAGE, f"{where} is not an object")
    if body.keys() != fields:
        wrong = ", ".join(sorted(body.keys() ^ fields))
        raise MessageError(INVALID_MESSAGE, f"missing or extra fields in {where}: {wrong}")


def _payload(body: dict[str, object]) -> bytes:
    _only(body, {"payload"}, "media")
    payload = body["payload"]
    if not isinstance(payload, str):
        raise MessageError(INVALID_MESSAGE, "payload is not a text")
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except ValueError as error:
        raise MessageError(INVALID_MESSAGE, f"payload is not base64: {error}") from error


def _name(body: dict[str, object]) -> str:
    _only(body, {"name"}, "mark")
    name = body["name"]
    if not isinstance(name, str):
        raise MessageError(INVALID_MESSAGE, "mark name is not a text")
    return name
