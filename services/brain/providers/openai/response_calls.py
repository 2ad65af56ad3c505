"""Collects the tool calls of a response, and the reasoning that their follow-up needs. No I/O."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import ToolCallRequest
from parley.providers.untrusted import clean_json, clean_text
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.tool_call_parts import MAX_ARGUMENT_CHARS, MAX_CALLS
from services.brain.providers.streams.history import REASONING_ITEMS
from services.brain.providers.streams.json_values import as_index, as_object, as_text
from services.brain.providers.streams.tool_arguments import arguments_text, split_calls

_MAX_NAME_CHARS = 256
_MAX_REASONING_CHARS = 250_000
_STANDARD_FIELDS = frozenset({"type", "id", "call_id", "name", "arguments", "input", "status"})
_CALL_TYPES = frozenset({"function_call", "custom_tool_call"})


@dataclass(slots=True)
class _Call:
    position: int | None
    item_id: str
    call_id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    """Arguments in deltas."""
    whole: str | None = None
    """Arguments as sent at their end."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> str:
        return "".join(self.pieces) if self.whole is None else self.whole


class ResponseCalls:
    """The tool calls of one response in the order in which they began."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._reasoning: dict[str, Any] = {}
        """Reasoning items by id, until the next call takes them."""
        self._taken: set[str] = set()
        self._chars = self._reasoning_chars = 0

    @property
    def started(self) -> bool:
        """Whether the response has a call."""
        return bool(self._calls)

    def item(self, item: dict[str, Any], position: int | None, *, complete: bool, last: bool = False) -> bool:
        """Read an output item; return whether it is a call.

        `last` is for the items at the end of the response, which usually were sent before.
        """
        kind = as_text(item.get("type"))
        if kind == "reasoning" and complete:
            self._keep_reasoning(item)
        if kind not in _CALL_TYPES:
            return False
        call = self._find(item, position, last=last)
        call.call_id = as_text(item.get("call_id")) or call.call_id
        call.name = as_text(item.get("name")) or call.name
        arguments = arguments_text(item.get("arguments", item.get("input")))
        if arguments and (complete or not call.pieces):
            self._set_whole(call, arguments)
        others = {key: value for key, value in item.items() if key not in _STANDARD_FIELDS}
        call.extra |= {
            clean_text(key): clean_json(value) for key, value in others.items() if value is not None
        }
        return True

    def arguments(self, fields: dict[str, Any]) -> bool:
        """Read an event with arguments; return whether it contained anything."""
        call = self._find({"id": fields.get("item_id")}, as_index(fields.get("output_index")), last=False)
        call.name = call.name or as_text(fields.get("name"))
        call.call_id = call.call_id or as_text(fields.get("call_id"))
        if delta := as_text(fields.get("delta")):
            self._bound(delta)
            call.pieces.append(delta)
            return True
        if whole := arguments_text(fields.get("arguments", fields.get("input"))):
            self._set_whole(call, whole)
            return True
        return False

    def finish(self) -> list[ToolCallRequest]:
        """Return the calls, with unique ids."""
        used: set[str] = set()
        requests: list[ToolCallRequest] = []
        for call in self._in_order():
            name = clean_text(call.name, _MAX_NAME_CHARS)
            if not name:
                continue
            call_id = clean_text(call.call_id or call.item_id, _MAX_NAME_CHARS)
            if not call_id or call_id in used:
                call_id = f"call_{uuid.uuid4().hex}"
            used.add(call_id)
            arguments = clean_text(split_calls([call.arguments])[0])
            requests.append(ToolCallRequest(call_id, name, arguments, call.extra))
        return requests

    def _in_order(self) -> list[_Call]:
        """The calls by position, or as they began if a position is missing."""
        if any(call.position is None for call in self._calls):
            return self._calls
        return sorted(self._calls, key=lambda call: call.position or 0)

    def _find(self, item: dict[str, Any], position: int | None, *, last: bool) -> _Call:
        """The call that an item or event belongs to: by id, then by position; else a new one."""
        item_id, call_id = as_text(item.get("id")), as_text(item.get("call_id"))
        same_id = [
            call
            for call in self._calls
            if (item_id and call.item_id == item_id) or (call_id and call.call_id == call_id)
        ]
        for call in same_id:
            if call.position == position:
                return call
        for call in same_id:
            if position is None or call.position is None or last:
                return call
        for call in self._calls:
            if position is not None and call.position == position and not (last and call_id):
                return call
        if position is None and not item_id and not call_id and self._calls:
            return self._calls[-1]
        if last and (same := self._repeated(item)):
            return same
        return self._begin(item_id, position)

    def _repeated(self, item: dict[str, Any]) -> _Call | None:
        """The call that an item at the end of the response repeats with other ids."""
        name, arguments = as_text(item.get("name")), arguments_text(item.get("arguments", item.get("input")))
        for call in self._calls:
            if call.name == name and split_calls([call.arguments]) == split_calls([arguments]):
                return call
        return None

    def _begin(self, item_id: str, position: int | None) -> _Call:
        if len(self._calls) >= MAX_CALLS:
            raise ProviderUnavailable(PROVIDER, f"{MAX_CALLS} tool calls in one answer")
        call = _Call(position, item_id)
        if self._reasoning:
            call.extra[REASONING_ITEMS] = list(self._reasoning.values())
            self._taken |= self._reasoning.keys()
            self._reasoning = {}
        self._calls.append(call)
        return call

    def _keep_reasoning(self, item: dict[str, Any]) -> None:
        item_id = as_text(item.get("id"))
        if item_id in self._taken or item_id in self._reasoning:
            return
        reasoning = clean_json(as_object(item))
        self._reasoning_chars += len(repr(reasoning))
        if self._reasoning_chars > _MAX_REASONING_CHARS:
            raise ProviderUnavailable(PROVIDER, f"reasoning of over {_MAX_REASONING_CHARS} characters")
        self._reasoning[item_id] = reasoning

    def _set_whole(self, call: _Call, arguments: str) -> None:
        self._bound(arguments if call.whole != arguments else "")
        call.whole = arguments

    def _bound(self, arguments: str) -> None:
        self._chars += len(arguments)
        if self._chars > 2 * MAX_ARGUMENT_CHARS:
            raise ProviderUnavailable(PROVIDER, f"tool arguments of over {MAX_ARGUMENT_CHARS} characters")
