"""Reads Twilio's webhook requests: by POST with a form, or by GET with a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect

from parley.errors import ParleyError
from services.edge.twilio.signature import Params

_MAX_BODY_BYTES = 256 * 1024
"""A form of Twilio's has a few kilobytes."""
_MAX_FIELDS = 1000
_FORM = "application/x-www-form-urlencoded"
_MAX_VALUE_CHARS = 1024


class InvalidRequest(ParleyError):
    """A request that Twilio does not send; `status` is the HTTP status of the response."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """The parameters of a webhook request."""

    query: Mapping[str, str]
    """Parameters of the address; all of them for a GET request."""
    form: Params
    """Parameters of the body, which are signed in addition to the address."""

    def value(self, name: str) -> str:
        """A parameter of Twilio's as printable text; empty if it is missing."""
        text = str(self.form.get(name) or self.query.get(name, ""))[:_MAX_VALUE_CHARS]
        # Databases and logs refuse or misread control characters.
        return "".join(char for char in text if char.isprintable())


async def read_webhook(request: Request) -> WebhookRequest:
    """Read a request.

    Raises:
        InvalidRequest: the body is too large, or not a form.
    """
    if request.method == "GET":
        return WebhookRequest(request.query_params, ImmutableMultiDict())
    body = await _read_body(request)
    kind = (request.headers.get("content-type") or _FORM).partition(";")[0].strip().lower()
    if body and kind != _FORM:
        raise InvalidRequest(415, f"the body is {kind[:64]!r}; Twilio's webhooks send a form ({_FORM})")
    try:
        fields = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise InvalidRequest(400, f"the form has more than {_MAX_FIELDS} fields") from None
    return WebhookRequest(request.query_params, ImmutableMultiDict(fields))


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                raise InvalidRequest(413, f"the body is larger than {_MAX_BODY_BYTES} bytes")
    except ClientDisconnect:
        raise InvalidRequest(400, "the connection was closed before the end of the body") from None
    return bytes(body)
