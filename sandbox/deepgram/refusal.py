"""Whom the vendor lets in, and how it says no. No I/O, no clock."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

_WORDS_OF = {
    400: ("BAD_REQUEST", "Bad Request"),
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for an ASR request."),
    403: ("INSUFFICIENT_PERMISSIONS", "Project does not have access to the requested model."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
}
_SCHEMES = ("token", "bearer")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handshake shows."""

    key: str
    subprotocol: str | None
    """To be confirmed when the key came as one, which is all that a browser can send."""

    @property
    def accepted(self) -> bool:
        """Any key will do, but one that is plainly bad."""
        return bool(self.key) and not self.key.startswith("bad")


def credentials(headers: Mapping[str, str], subprotocols: Sequence[str]) -> Credentials:
    """The key, from `Authorization: Token KEY` or from the subprotocols `token, KEY`."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES:
        return Credentials(key.strip(), None)
    match subprotocols:
        case [scheme, key] if scheme.lower() in _SCHEMES:
            return Credentials(key, scheme)
        case _:
            return Credentials("", None)


def refusal(status: int, reason: str = "") -> Response:
    """The answer to a handshake that is refused."""
    request_id = str(uuid.uuid4())
    word, text = _WORDS_OF.get(status, ("INTERNAL_SERVER_ERROR", "Internal Server Error"))
    body = {"err_code": word, "err_msg": reason or text, "request_id": request_id}
    return JSONResponse(body, status_code=status, headers={"dg-error": word, "dg-request-id": request_id})
