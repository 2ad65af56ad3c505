"""The complete tool calls of an answer: named, with ids of their own, in encodable form. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parley.providers.llm import ToolCallRequest
from parley.providers.untrusted import clean_json, clean_text

_MAX_NAME_CHARS = 200
_MAX_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class RawCall:
    """A tool call as a server sent it."""

    call_id: str
    name: str
    arguments: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def requests_of(calls: Iterable[RawCall]) -> list[ToolCallRequest]:
    """The calls that name a tool; ids that are missing or occur twice are replaced."""
    found: list[ToolCallRequest] = []
    used: set[str] = set()
    for number, call in enumerate(calls):
        name = clean_text(call.name, _MAX_NAME_CHARS).strip()
        if not name:
            continue
        call_id = clean_text(call.call_id, _MAX_ID_CHARS)
        while not call_id or call_id in used:
            call_id = f"{call_id or 'call'}_{number}"
        used.add(call_id)
        found.append(ToolCallRequest(call_id, name, clean_text(call.arguments), clean_json(call.extra)))
    return found
