"""Describes why a connection failed, from the exceptions of any client library. No I/O."""

import socket
import ssl
from collections.abc import Iterator

import httpx

_MAX_DEPTH = 20


def describe(error: BaseException) -> str:
    """The reason in plain words; without any part of the request."""
    general = next(filter(None, map(_general, _causes(error))), f"no connection ({type(error).__name__})")
    return find_cause(error) or general


def find_cause(error: BaseException) -> str:
    """The reason that the operating system or the TLS library gives; empty if there is none such."""
    return next(filter(None, map(_precise, _causes(error))), "")


def _precise(cause: BaseException) -> str:
    match cause:
        case socket.gaierror():
            return "the host name does not resolve"
        case ssl.SSLCertVerificationError():
            # aiohttp's subclass has no message of its own: the original error follows.
            message = getattr(cause, "verify_message", "")
            return f"TLS: {message}" if message else ""
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE" | "HTTP_REQUEST"):
            return "TLS: the server speaks plain http on this port"
        case ssl.SSLError(reason=str()):
            return f"TLS: {(cause.reason or 'handshake failed').replace('_', ' ').lower()}"
        case ConnectionRefusedError():
            return "the connection is refused"
        case _:
            return ""


def _general(cause: BaseException) -> str:
    match cause:
        case TimeoutError() | httpx.TimeoutException():
            return "no answer in time"
        case ssl.SSLError():
            return "TLS: the certificate is not valid"
        case ConnectionError() | EOFError() | httpx.RemoteProtocolError():
            return "the server closed the connection"
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return "not a valid address"
        case _:
            return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that caused it."""
    found, pending = [error], [error]
    while pending and len(found) < _MAX_DEPTH:
        current = pending.pop(0)
        members = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        for cause in (*members, current.__cause__, current.__context__):
            if cause is not None and not any(cause is other for other in found):
                found.append(cause)
                pending.append(cause)
    yield from found
