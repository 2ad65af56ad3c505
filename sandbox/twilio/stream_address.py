"""Validates media stream URLs and describes how streams end. No I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class StreamEnd(StrEnum):
    """Reasons why a stream ended."""

    CLOSED = "closed"
    LOST = "lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StreamOutcome:
    """How a stream ended, with Twilio's error code or 0."""

    end: StreamEnd
    code: int = 0
    text: str = ""


def dialled_url(url: str, plain_hosts: tuple[str, ...] = ()) -> str:
    """The URL to connect to: wss:// to loopback is dialled as ws://, because local servers have no TLS."""
    parts = urlsplit(url)
    plain = parts.hostname in _LOOPBACK or parts.hostname in plain_hosts
    return urlunsplit(parts._replace(scheme="ws")) if plain else url


def url_error(url: str) -> StreamOutcome | None:
    """The error in a stream's URL, or None."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "wss":
            return StreamOutcome(StreamEnd.FAILED, 31922, f"scheme {parts.scheme!r} is not wss")
        if not parts.hostname or parts.query or parts.port == 0:
            return StreamOutcome(StreamEnd.FAILED, 31923, "malformed stream URL")
    except ValueError as error:
        return StreamOutcome(StreamEnd.FAILED, 31923, f"malformed stream URL: {error}")
    return None
