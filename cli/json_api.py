"""Requests JSON from a provider; any other answer becomes an ApiError with its reason."""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cli.network_errors import describe

_MAX_BODY_BYTES = 4 * 1024 * 1024
_MAX_MESSAGE_CHARS = 200


class ApiError(Exception):
    """An answer that is not the requested JSON; the text is the reason."""

    def __init__(self, status: int, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        """HTTP status; 0 without a response."""
        self.reason = reason
        self.code = code
        """The provider's own error code."""


@dataclass(frozen=True, slots=True)
class JsonApi:
    """A provider's HTTP API: its address and credentials."""

    client: httpx.AsyncClient
    base_url: str
    headers: Mapping[str, str]
    auth: tuple[str, str] | None = None
    timeout_s: float = 5.0

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Request an object.

        Raises:
            ApiError: no connection, an error status, a redirect, or no JSON object.
        """
        return await self._request("GET", path, params=dict(params) if params else None)

    async def post(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Send a form and return the object that it is answered with.

        Raises:
            ApiError: as for `get`.
        """
        return await self._request("POST", path, data=dict(form))

    async def _request(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        url = self.base_url.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(self.timeout_s),
                self.client.stream(
                    method, url, headers=dict(self.headers), auth=self.auth, follow_redirects=False, **content
                ) as response,
            ):
                body = await _body(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise ApiError(0, describe(error)) from None
        except ValueError:
            # A header value that HTTP does not allow.
            raise ApiError(0, "the key contains characters that no key has") from None
        return _read(response, body)


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            break
    return bytes(body)


def _read(response: httpx.Response, body: bytes) -> Mapping[str, Any]:
    status = response.status_code
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if 300 <= status < 400:
        target = response.headers.get("location", "")[:100] or "nowhere"
        raise ApiError(status, f"HTTP {status}: a redirect to {target}")
    if status >= 400:
        code, message = error_of(parsed)
        detail = ": ".join(part for part in (code, message.rstrip(".")) if part)
        if not detail and parsed is None and body:
            detail = _kind(response)
        raise ApiError(status, f"HTTP {status}" + (f": {detail}" if detail else ""), code)
    if not isinstance(parsed, dict):
        kind = _kind(response) if parsed is None else "JSON of another form"
        raise ApiError(status, f"HTTP {status}: {kind}, which this API never sends")
    return parsed


def _kind(response: httpx.Response) -> str:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return "an HTML page" if "html" in kind else "no JSON"


def error_of(body: Any) -> tuple[str, str]:
    """The error code and message of a provider's error body, in any of the usual forms; empty if absent."""
    if not isinstance(body, dict):
        return "", ""
    nested = body.get("error", body.get("detail"))
    if isinstance(nested, list) and nested:
        nested = nested[0]
    if isinstance(nested, str):
        return "", nested[:_MAX_MESSAGE_CHARS]
    fields = nested if isinstance(nested, dict) else body
    code = _first(fields, "code", "status", "err_code", "category", "type")
    message = _first(fields, "message", "err_msg", "msg", "details")
    return code[:60], message[:_MAX_MESSAGE_CHARS]


def _first(fields: Mapping[str, Any], *names: str) -> str:
    values = (fields.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int) and value != ""), "")


def objects(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list in a response; whatever else the list contains is left out."""
    found = body.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text(body: Mapping[str, Any], key: str) -> str:
    """A string of a response; empty if it is absent or of another type."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def number(body: Mapping[str, Any], key: str) -> float | None:
    """A number of a response, also if it is written as a string; None if it is absent or no number."""
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None
