"""Expectations of transfers and text messages. No I/O, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.testing.expectations.values import Check, check_patterns, is_subset
from cli.testing.located_yaml import suggestion
from cli.testing.outcome import Outcome
from parley.events.envelope import event_body, event_name

_TRANSFER_KEYS = ("outcome", "target", "address", "reason")
_MESSAGE_KEYS = ("to", "from", "body", "failed")


def transfers(value: Any) -> Check:
    """These transfers took place, in this order; others may be between them."""
    wanted = _entries(value, "outcome", _TRANSFER_KEYS)

    def check(outcome: Outcome) -> str:
        return _missing("transfer", wanted, list(_transfers(outcome)))

    return check


def messages_sent(value: Any) -> Check:
    """These text messages were sent, in this order; others may be between them."""
    wanted = _entries(value, "body", _MESSAGE_KEYS)

    def check(outcome: Outcome) -> str:
        return _missing("message", wanted, list(_messages(outcome)))

    return check


def _entries(value: Any, shorthand: str, allowed: Sequence[str]) -> list[Mapping[str, Any]]:
    items = [
        item if isinstance(item, Mapping) else {shorthand: item}
        for item in (value if isinstance(value, list) else [value])
    ]
    for item in items:
        for key, wanted in item.items():
            if key not in allowed:
                raise ValueError(f"unknown key `{key}`; {suggestion(str(key), allowed)}")
            if wanted is None or isinstance(wanted, list | Mapping):
                raise ValueError(f"{key}: must be text, not {wanted!r}")
        check_patterns(item)
    if not items or not all(items):
        raise ValueError(f"must be a list of mappings with: {', '.join(allowed)}")
    # YAML reads +15550100 as a number and drops the sign.
    return [{key: _number(text) for key, text in item.items()} for item in items]


def _number(value: Any) -> Any:
    return f"+{value}" if isinstance(value, int) and not isinstance(value, bool) else value


def _missing(kind: str, wanted: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]) -> str:
    remaining = iter(got)
    for entry in wanted:
        if not any(is_subset(entry, item) for item in remaining):
            found = f"there were: {list(got)}" if got else "there was none"
            return f"no {kind} with {dict(entry)} in this position; {found}"
    return ""


def _transfers(outcome: Outcome) -> Iterator[dict[str, Any]]:
    for event in outcome.events:
        body = event_body(event)
        if body is not None and event_name(body) == "transfer_finished":
            yield {key: getattr(body, key, "") for key in _TRANSFER_KEYS}


def _messages(outcome: Outcome) -> Iterator[dict[str, Any]]:
    bodies = [body for event in outcome.events if (body := event_body(event)) is not None]
    sent = {
        getattr(body, "tool_call_id", ""): getattr(body, "failed", False)
        for body in bodies
        if event_name(body) == "message_sent"
    }
    for body in bodies:
        call_id = getattr(body, "tool_call_id", "")
        if event_name(body) == "message_requested" and call_id in sent:
            yield {
                "to": getattr(body, "to", ""),
                "from": getattr(body, "from_number", ""),
                "body": getattr(body, "body", ""),
                "failed": sent[call_id],
            }
