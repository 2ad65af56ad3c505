"""The JSON of the service's events. No I/O, no clock."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.openai.errors import ApiError

Event = dict[str, Any]


def new_id(prefix: str) -> str:
    """A new id, such as `item_…`; an event's may not be longer than 32 characters."""
    return f"{prefix}_{uuid.uuid4().hex[:21]}"


def event(kind: str, **fields: Any) -> Event:
    """An event of the service."""
    return {"type": kind, "event_id": new_id("event"), **fields}


def error_event(error: ApiError, client_event_id: str | None = None) -> Event:
    """An `error` event; it names the client's event that caused it."""
    body = {
        "type": error.kind,
        "code": error.code,
        "message": error.message,
        "param": error.param,
        "event_id": client_event_id,
    }
    return event("error", error=body)


def rate_limits(used_tokens: int) -> Event:
    """The limits after a response; there is one entry, of the tokens."""
    limit = 15_000_000
    entry = {"name": "tokens", "limit": limit, "remaining": limit - used_tokens, "reset_seconds": 0.001}
    return event("rate_limits.updated", rate_limits=[entry])


def item_events(kinds: Sequence[str], item: Mapping[str, Any], previous: str | None) -> list[Event]:
    """Events about a conversation's item, such as `conversation.item.added`."""
    return [event(f"conversation.item.{kind}", previous_item_id=previous, item=dict(item)) for kind in kinds]
