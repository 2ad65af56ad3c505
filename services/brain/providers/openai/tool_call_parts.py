"""Joins the fragments of an answer's tool calls. No I/O.

Servers distinguish calls in various ways: some give all calls index 0, null or none, some repeat the name
in each fragment or send it in pieces, some send a new id with each fragment or the same one twice, and some
repeat all arguments at the end.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import ToolCallRequest
from parley.providers.untrusted import clean_json, clean_text
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.streams.json_values import as_index, as_object, as_text
from services.brain.providers.streams.tool_arguments import (
    arguments_text,
    is_complete,
    join_fragments,
    split_calls,
)

MAX_CALLS = 64
MAX_ARGUMENT_CHARS = 250_000
"""Limit on the arguments of all calls of an answer."""
_MAX_NAME_CHARS = 256
_MAX_EXTRA_CHARS = 250_000
_STANDARD_FIELDS = frozenset({"id", "index", "type", "function", "custom", "name", "arguments"})


@dataclass(slots=True)
class _Call:
    index: int | None
    number: int
    """Number of the event that began it."""
    tool_call_id: str = ""
    name: str = ""
    fragments: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether its arguments are a complete JSON value."""
        return is_complete("".join(self.fragments))


@dataclass(frozen=True, slots=True)
class _Part:
    """A fragment of a call as the server sent it."""

    index: int | None
    tool_call_id: str
    name: str
    arguments: str
    extra: dict[str, Any]


class ToolCallParts:
    """The tool calls of one answer.

    `names` are the offered tools, if known: they decide whether a second name is another call or the rest
    of the first one.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(names)
        self._calls: list[_Call] = []
        self._events = 0
        self._chars = self._extra_chars = 0
        self.last_fragment = ""
        """The arguments of the latest fragment; empty if it had only a name or an id."""

    @property
    def started(self) -> bool:
        """Whether a fragment of a call has arrived."""
        return bool(self._calls)

    def add(self, parts: list[Any]) -> bool:
        """Add the fragments of one event; return whether they contained anything.

        Raises:
            ProviderUnavailable: more calls or longer arguments than any tool needs.
        """
        self._events += 1
        found = False
        for value in parts:
            part = _read_part(value)
            if not (part.tool_call_id or part.name or part.arguments):
                self._keep_extra(part)
                continue
            found = True
            self._bound(part)
            self._join(part)
        return found

    def finish(self) -> list[ToolCallRequest]:
        """Return the calls in the order in which they began, with unique ids."""
        requests: list[ToolCallRequest] = []
        used: set[str] = set()
        for call in _merged(self._calls):
            if not call.name:
                continue
            for number, arguments in enumerate(split_calls(call.fragments)):
                tool_call_id = call.tool_call_id if not number else ""
                if not tool_call_id or tool_call_id in used:
                    tool_call_id = f"call_{uuid.uuid4().hex}"
                used.add(tool_call_id)
                extra = call.extra if not number else {}
                requests.append(ToolCallRequest(tool_call_id, call.name, clean_text(arguments), extra))
        return requests

    def _bound(self, part: _Part) -> None:
        self._chars += len(part.arguments)
        if self._chars > MAX_ARGUMENT_CHARS:
            raise ProviderUnavailable(PROVIDER, f"tool arguments of over {MAX_ARGUMENT_CHARS} characters")
        if len(self._calls) >= MAX_CALLS:
            raise ProviderUnavailable(PROVIDER, f"{MAX_CALLS} tool calls in one answer")

    def _join(self, part: _Part) -> None:
        call = self._find(part)
        if call is None:
            call = _Call(part.index, self._events)
            self._calls.append(call)
        call.tool_call_id = call.tool_call_id or part.tool_call_id
        call.name = self._joined_name(call, part)[:_MAX_NAME_CHARS]
        self.last_fragment = part.arguments
        if part.arguments:
            call.fragments.append(part.arguments)
        self._merge_extra(call, part)

    def _find(self, part: _Part) -> _Call | None:
        """The call that a fragment continues; None if it begins a call."""
        same_index = [call for call in self._calls if call.index == part.index]
        if part.tool_call_id:
            return self._find_by_id(part, same_index)
        if part.index is None or not same_index:
            # An index that no call has: a call begins if there is a name.
            last = self._calls[-1] if self._calls else None
            if part.index is not None and part.name and last is not None and last.index is not None:
                return None
            return last if last is not None and self._continues(last, part) else None
        return same_index[-1] if self._continues(same_index[-1], part) else None

    def _find_by_id(self, part: _Part, same_index: list[_Call]) -> _Call | None:
        same_id = [call for call in self._calls if call.tool_call_id == part.tool_call_id]
        if same_id:
            both = [call for call in same_id if call.index == part.index]
            call = (both or same_id)[-1]
            if part.name and call.number == self._events:
                return None
            if not both and part.name and (call.index is not None and part.index is not None):
                return None
            return call if self._continues(call, part) else None
        last = (same_index if part.index is not None else self._calls)[-1:]
        for call in last:
            # Some servers send the id late, others a new one with each fragment.
            late = not call.tool_call_id and not call.complete and part.name in {"", call.name}
            new_each_time = not part.name and bool(call.name) and call.number != self._events
            if late or new_each_time:
                return call
        return None

    def _continues(self, call: _Call, part: _Part) -> bool:
        """Whether a fragment with a name continues this call; one without a name always does."""
        if not part.name or not call.name:
            return True
        if call.number == self._events:
            # Several fragments in one event are several calls.
            return False
        if part.name == call.name:
            return True
        if call.name + part.name in self._names:
            return True
        if part.name in self._names and call.name in self._names:
            return False
        return not call.fragments and not is_complete(part.arguments)

    def _joined_name(self, call: _Call, part: _Part) -> str:
        """The name of a call after a fragment that may set, repeat, extend or continue it."""
        if not part.name:
            return call.name
        if part.name == call.name:
            continued = call.name + part.name
            return continued if continued in self._names and call.name not in self._names else call.name
        if part.name.startswith(call.name) and call.name + part.name not in self._names:
            return part.name
        if call.name in self._names and call.name + part.name not in self._names:
            return call.name
        return call.name + part.name

    def _keep_extra(self, part: _Part) -> None:
        """Attach fields without a fragment, such as a signature at the end of the stream."""
        same = [call for call in self._calls if call.index == part.index] or self._calls
        if same:
            self._merge_extra(same[-1], part)

    def _merge_extra(self, call: _Call, part: _Part) -> None:
        if not part.extra:
            return
        self._extra_chars += len(repr(part.extra))
        if self._extra_chars > _MAX_EXTRA_CHARS:
            raise ProviderUnavailable(PROVIDER, f"tool calls with over {_MAX_EXTRA_CHARS} other characters")
        _merge(call.extra, part.extra)


def _read_part(value: object) -> _Part:
    call = as_object(value)
    function = as_object(call.get("function")) or as_object(call.get("custom"))
    arguments = function.get("arguments", function.get("input", call.get("arguments")))
    extra = _others(call, _STANDARD_FIELDS)
    if of_function := _others(function, frozenset({"name", "arguments", "input"})):
        extra["function"] = of_function
    return _Part(
        as_index(call.get("index")),
        clean_text(as_text(call.get("id")), _MAX_NAME_CHARS),
        clean_text(as_text(function.get("name")) or as_text(call.get("name")), _MAX_NAME_CHARS),
        arguments_text(arguments),
        extra,
    )


def _others(fields: dict[str, Any], standard: frozenset[str]) -> dict[str, Any]:
    return {
        clean_text(key): clean_json(value)
        for key, value in fields.items()
        if key not in standard and value is not None
    }


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _merged(calls: list[_Call]) -> Iterator[_Call]:
    """Join calls with one name whose arguments are only together valid: one call, with a new id each time."""
    waiting: list[_Call] = []
    for call in calls:
        if waiting and (call.name != waiting[0].name or call.complete):
            yield from waiting
            waiting = []
        if call.complete or not call.fragments:
            yield from waiting
            waiting = []
            yield call
            continue
        waiting.append(call)
        fragments = [fragment for part in waiting for fragment in part.fragments]
        if len(waiting) > 1 and is_complete(join_fragments(fragments)):
            waiting[0].fragments = fragments
            yield waiting[0]
            waiting = []
    yield from waiting
