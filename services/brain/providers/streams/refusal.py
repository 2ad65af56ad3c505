"""Reads the body of an error response, in the forms that servers use. No I/O."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MAX_DEPTH = 6
_MAX_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server's reason for refusing a request."""

    status: int
    code: str = ""
    param: str = ""
    message: str = ""
    locations: tuple[tuple[str, ...], ...] = ()
    """Paths of fields, as validators report them: `body`, `messages`, `0`, `content`."""

    @property
    def text(self) -> str:
        """All of it in lower case, for searching."""
        places = " ".join(".".join(place) for place in self.locations)
        return f"{self.code} {self.param} {self.message} {places}".lower()


def read_refusal(status: int, body: object) -> Refusal:
    """Collect code, parameter, message and locations from anywhere in the body; never raises."""
    found: dict[str, str] = {}
    messages: list[str] = []
    locations: list[tuple[str, ...]] = []
    for item in _walk(body, 0):
        for name in ("code", "param"):
            value = item.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value) != str(status):
                found.setdefault(name, str(value))
        if "code" not in found and isinstance(item.get("type"), str) and "loc" not in item:
            found.setdefault("type", str(item["type"]))
        place = item.get("loc")
        if isinstance(place, list):
            locations.append(tuple(str(part) for part in place[:_MAX_ITEMS]))
            kind = item.get("type")
            where = ".".join(locations[-1])
            messages.append(f"{kind if isinstance(kind, str) else 'invalid'} {where}: {item.get('msg', '')}")
            continue
        for name in ("message", "error", "detail", "msg", "error_description"):
            value = item.get(name)
            if isinstance(value, str) and not _is_json(value):
                messages.append(value)
    if isinstance(body, str) and not _is_json(body):
        messages.append(_from_html(body))
    code = found.get("code") or found.get("type", "")
    return Refusal(status, code, found.get("param", ""), "; ".join(dict.fromkeys(messages)), tuple(locations))


def _walk(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """All objects within the body, also those in texts that are JSON, as proxies pass them on."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str) and _is_json(value):
        yield from _walk(json.loads(value), depth + 1)
    elif isinstance(value, list):
        for item in value[:_MAX_ITEMS]:
            yield from _walk(item, depth + 1)
    elif isinstance(value, Mapping):
        yield value
        for key, item in value.items():
            if key not in ("input", "ctx", "loc"):
                yield from _walk(item, depth + 1)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _from_html(text: str) -> str:
    if "<" not in text:
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text[:5000], re.IGNORECASE | re.DOTALL)
    return f"an HTML page: {title.group(1).strip()}" if title else "an HTML page"
