"""Renders the request of an HTTP tool from its section, the arguments and the call. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Undefined

from parley.agent_config import HttpTool
from parley.agent_config.tools.http_templates import TemplateFailed, is_fixed, render, render_value
from services.brain.tools import ToolFailed

_MAX_URL_CHARS = 8000
_MAX_HEADER_CHARS = 2000


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request without the headers that Parley sets itself."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """The path with the query, in the form that is sent."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def build_request(
    section: HttpTool, arguments: Mapping[str, Any], call: Mapping[str, Any], secrets: Mapping[str, str]
) -> HttpRequest:
    """Return the request for these arguments.

    Raises:
        ToolFailed: an argument is missing, or does not fit into its place.
    """
    variables = {"args": arguments, "call": call}
    try:
        url = _url(section, arguments, variables, secrets)
        headers = {name: _header(name, text, variables, secrets) for name, text in section.headers.items()}
        body, content_type = _body(section, arguments, variables, secrets)
    except TemplateFailed as error:
        raise ToolFailed(f"the request cannot be built from these arguments: {error}") from None
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    return HttpRequest(url, headers, body)


def _url(
    section: HttpTool,
    arguments: Mapping[str, Any],
    variables: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> str:
    url = section.url if is_fixed(section.url) else render(section.url, variables, secrets, _quoted)
    path = urlsplit(url).path
    if any(unquote(part) in (".", "..") for part in path.split("/")):
        raise ToolFailed("an argument must not be `.` or `..`")
    pairs = [(name, _text(render_value(text, variables, secrets))) for name, text in section.query.items()]
    if section.method in ("GET", "DELETE") and section.body is None and _has_no_templates(section):
        pairs += [(name, _text(value)) for name, value in arguments.items()]
    # A value that is not given is not sent.
    query = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs if text)
    if query:
        url += ("&" if "?" in url else "?") + query
    if len(url) > _MAX_URL_CHARS:
        raise ToolFailed("the arguments are too long for a URL")
    return url


def _has_no_templates(section: HttpTool) -> bool:
    """Whether the arguments of a request without a body have no place in the agent file."""
    return is_fixed(section.url) and all(is_fixed(text) for text in section.query.values())


def _header(name: str, text: str, variables: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    value = render(text, variables, secrets).strip()
    if len(value) > _MAX_HEADER_CHARS or not (value.isascii() and value.isprintable()):
        raise ToolFailed(f"a value does not fit into the header {name}: only printable ASCII characters do")
    return value


def _body(
    section: HttpTool,
    arguments: Mapping[str, Any],
    variables: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> tuple[bytes, str]:
    """The body and its type; empty for a request without one."""
    if isinstance(section.body, str):
        return render(section.body, variables, secrets).encode(), "text/plain; charset=utf-8"
    if section.body is not None:
        return json.dumps(render_value(section.body, variables, secrets)).encode(), "application/json"
    if section.method in ("GET", "DELETE"):
        return b"", ""
    return json.dumps(arguments).encode(), "application/json"


def _quoted(value: Any) -> str:
    return quote(_text(value), safe="")


def _text(value: Any) -> str:
    """A value as text: booleans in the form of JSON, nothing for none, and structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, Undefined):
        raise TemplateFailed(f"{value._undefined_name} is missing")  # noqa: SLF001 - it has no public name
    return value if isinstance(value, str) else json.dumps(value)
