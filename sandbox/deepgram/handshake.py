"""Credentials of a WebSocket handshake, and the response that rejects it. No I/O, no clock."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

_ERRORS = {
    400: ("BAD_REQUEST", "Bad Request"),
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for an ASR request."),
    403: ("INSUFFICIENT_PERMISSIONS", "Project does not have access to the requested model."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
}
_SCHEMES = ("token", "bearer")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The API key of a handshake and where it was found."""

    key: str
    subprotocol: str | None
    """To confirm if the key came as a subprotocol, the only way a browser can send it."""

    @property
    def accepted(self) -> bool:
        """Any key is valid unless it is empty or begins with `bad`."""
        return bool(self.key) and not self.key.startswith("bad")


def read_credentials(headers: Mapping[str, str], subprotocols: Sequence[str]) -> Credentials:
    """Read the key from `Authorization: Token KEY` or from the subprotocols `token, KEY`."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES:
        return Credentials(key.strip(), None)
    match subprotocols:
        case [scheme, key] if scheme.lower() in _SCHEMES:
            return Credentials(key, scheme)
        case _:
            return Credentials("", None)


def rejection(status: int, reason: str = "", code: str = "") -> Response:
    """Build the response to a rejected handshake; `code` replaces the usual code of the status."""
    request_id = str(uuid.uuid4())
    default_code, text = _ERRORS.get(status, ("INTERNAL_SERVER_ERROR", "Internal Server Error"))
    code, reason = code or default_code, reason or text
    body = {"err_code": code, "err_msg": reason, "request_id": request_id}
    headers = {"dg-error": f"{code}: {reason}", "dg-request-id": request_id}
    return JSONResponse(body, status_code=status, headers=headers)
