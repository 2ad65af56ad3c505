"""Makes any history acceptable to a server: roles, system messages, tool calls and their results.

Pure functions over messages in the chat completions format. The history is not changed; messages are copied
where they differ.
"""

import hashlib
import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from parley.providers.llm import Message

Copy: TypeAlias = dict[str, Any]

CALL_BEGINS = "[The call begins.]"
"""A user message for histories that begin with the assistant, where the server needs the user first."""
CALLER_SILENT = "[The caller is silent.]"
"""A user message for histories that end with the assistant, where the server needs the user last."""
TOOL_DONE = "All right."
"""An assistant message between a tool's result and the user's next message."""
REASONING_ITEMS = "reasoning_items"
"""Key of a tool call under which the history keeps the encrypted reasoning that preceded it."""
STILL_WORKING = json.dumps({"error": "still working"})
"""Result of a tool call that has none in the history."""


class HistoryRules(Protocol):
    """The histories that a server accepts; a capability profile has these fields."""

    @property
    def tools(self) -> bool:
        """Whether tools are accepted at all."""

    @property
    def system_role(self) -> Literal["system", "developer", "user"]:
        """The role of instructions."""

    @property
    def one_system_message(self) -> bool:
        """Whether only one system message is accepted, as the first message."""

    @property
    def roles(self) -> Literal["any", "merged", "alternate"]:
        """The order of roles.

        `merged`: the user comes first, no two user or assistant messages in a row; `alternate`: in addition
        an assistant message follows the tools' results.
        """

    @property
    def last_role_user(self) -> bool:
        """Whether the last message must be of the user or of a tool."""

    @property
    def null_content(self) -> bool:
        """Whether an assistant message with tool calls may have the content null."""

    @property
    def tool_call_id(self) -> Literal["any", "alphanumeric_9"]:
        """Form of the ids of tool calls; `any` means at most 40 characters."""

    @property
    def tool_call_fields(self) -> bool:
        """Whether fields that the server added to a tool call or message are sent back to it."""

    @property
    def placeholder_fields(self) -> dict[str, Any]:
        """Fields for the first tool call of a message in which no call has fields of the server."""

    @property
    def empty_reasoning(self) -> bool:
        """Whether assistant messages with tool calls carry an empty `reasoning_content`."""


_MAX_ID = 40
_BASE62 = string.digits + string.ascii_letters
_NINE = re.compile(r"[A-Za-z0-9]{9}")
_CALL_KEYS = frozenset({"id", "type", "function", "index"})
_MESSAGE_KEYS = frozenset({"role", "content", "tool_calls", "tool_call_id"})


def conform(messages: Sequence[Message], rules: HistoryRules, *, keep_reasoning: bool = False) -> list[Copy]:
    """The messages in a form that the server accepts.

    `keep_reasoning` keeps the encrypted reasoning beside tool calls, which only the Responses API takes.
    """
    found = list(_with_results(messages, keep_reasoning=keep_reasoning))
    if not rules.tools:
        found = list(_without_tools(found))
    found = _with_system(found, rules)
    if rules.roles != "any":
        found = list(_merged(found, rules))
    if rules.last_role_user and found and found[-1]["role"] == "assistant":
        found.append({"role": "user", "content": CALLER_SILENT})
    return [_shaped(message, rules) for message in found]


def _with_results(messages: Sequence[Message], *, keep_reasoning: bool) -> Iterator[Copy]:
    """Each tool call is followed by exactly one result; other results and empty messages are dropped."""
    results = [message for message in messages if message["role"] == "tool"]
    number = 0
    for message in messages:
        calls = message.get("tool_calls")
        if message["role"] == "tool" or not (calls or message.get("content")):
            continue
        if not calls or message["role"] != "assistant":
            yield {key: value for key, value in message.items() if key != "tool_calls"}
            continue
        answers = [_take_result(results, str(call.get("id") or "")) for call in calls]
        copies = []
        for call in calls:
            number += 1
            copy = {**call, "id": str(call.get("id") or f"call_{number}")}
            if not keep_reasoning:
                copy.pop(REASONING_ITEMS, None)
            copies.append(copy)
        yield {**message, "tool_calls": copies}
        for call, content in zip(copies, answers, strict=True):
            yield {"role": "tool", "tool_call_id": call["id"], "content": content}


def _take_result(results: list[Message], tool_call_id: str) -> str:
    for index, message in enumerate(results):
        if str(message.get("tool_call_id") or "") == tool_call_id:
            return str(results.pop(index).get("content") or "{}")
    return STILL_WORKING


def _without_tools(messages: Iterable[Copy]) -> Iterator[Copy]:
    """Tool calls and results as plain text, for a server that accepts no tools."""
    for message in messages:
        if message["role"] == "tool":
            yield {"role": "user", "content": f"[Result of the tool: {message['content']}]"}
        elif not (calls := message.get("tool_calls")):
            yield message
        elif content := message.get("content"):
            yield {"role": "assistant", "content": content}
        else:
            names = ", ".join(str(call["function"]["name"]) for call in calls)
            yield {"role": "assistant", "content": f"[Used the tool {names}.]"}


def _with_system(messages: list[Copy], rules: HistoryRules) -> list[Copy]:
    if not rules.one_system_message:
        return messages
    first = next((n for n, message in enumerate(messages) if message["role"] != "system"), len(messages))
    last = len(messages)
    while last > first and messages[last - 1]["role"] == "system":
        last -= 1
    inner = [message for message in messages[first:last] if message["role"] == "system"]
    leading = [*messages[:first], *inner]
    result = [message for message in messages[first:last] if message["role"] != "system"]
    if leading:
        text = "\n\n".join(str(message["content"]) for message in leading)
        result.insert(0, {**leading[0], "content": text})
    if trailing := messages[last:]:
        # Moved to the beginning they would lose their meaning: they are about the next answer only.
        text = "\n".join(str(message["content"]) for message in trailing)
        result.append({"role": "user", "content": f"[Instruction, not from the caller: {text}]"})
    return result


def _merged(messages: Sequence[Copy], rules: HistoryRules) -> Iterator[Copy]:
    """Messages that begin with the user, without two of the same role in a row."""
    leading = [message for message in messages if message["role"] == "system"]
    rest = [message for message in messages if message["role"] != "system"]
    if rules.system_role == "user" and leading:
        rest.insert(0, {**leading.pop(0), "role": "user"})
    yield from leading
    last: Copy | None = None
    for message in rest:
        role = message["role"]
        if last is None:
            last = message if role == "user" else {"role": "user", "content": CALL_BEGINS}
            if role == "user":
                continue
        if role == last["role"] and role != "tool":
            last = _joined(last, message)
            continue
        yield last
        if rules.roles == "alternate" and role == "user" and last["role"] == "tool":
            yield {"role": "assistant", "content": TOOL_DONE}
        last = message
    yield last if last is not None else {"role": "user", "content": CALL_BEGINS}


def _joined(first: Copy, second: Copy) -> Copy:
    texts = [str(message["content"]) for message in (first, second) if message.get("content")]
    return {**first, **second, "content": "\n".join(texts) or None}


def _shaped(message: Copy, rules: HistoryRules) -> Copy:
    role = message["role"]
    shaped = {"role": rules.system_role if role == "system" else role, "content": message.get("content")}
    if calls := message.get("tool_calls"):
        shaped["tool_calls"] = _shaped_calls(calls, rules)
        if not shaped["content"]:
            shaped["content"] = None if rules.null_content else ""
        if rules.empty_reasoning:
            shaped["reasoning_content"] = ""
    if role == "tool":
        shaped["tool_call_id"] = wire_id(message["tool_call_id"], rules)
    if rules.tool_call_fields:
        shaped |= {key: value for key, value in message.items() if key not in _MESSAGE_KEYS}
    return shaped


def _shaped_calls(calls: Sequence[Mapping[str, Any]], rules: HistoryRules) -> list[Copy]:
    shaped = []
    for call in calls:
        function = call["function"]
        others = {key: value for key, value in function.items() if rules.tool_call_fields}
        one = {
            "id": wire_id(call["id"], rules),
            "type": "function",
            "function": {
                **others,
                "name": function["name"],
                "arguments": _valid_json(function.get("arguments")),
            },
        }
        if rules.tool_call_fields:
            one |= {key: value for key, value in call.items() if key not in _CALL_KEYS}
        shaped.append(one)
    if rules.placeholder_fields and not any(call.keys() - _CALL_KEYS for call in shaped):
        shaped[0] |= rules.placeholder_fields
    return shaped


def _valid_json(arguments: object) -> str:
    """The arguments, or an empty object if they are not JSON, which servers refuse."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else None
    except (ValueError, RecursionError):
        value = None
    return str(arguments) if isinstance(value, dict) else "{}"


def wire_id(tool_call_id: str, rules: HistoryRules) -> str:
    """The id of a tool call in the form that the server accepts; equal ids stay equal."""
    if rules.tool_call_id == "any":
        return tool_call_id if len(tool_call_id) <= _MAX_ID else f"call_{_digest(tool_call_id, 24)}"
    return tool_call_id if _NINE.fullmatch(tool_call_id) else _digest(tool_call_id, 9)


def _digest(text: str, length: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest(), "big")
    digits = []
    for _ in range(length):
        number, remainder = divmod(number, len(_BASE62))
        digits.append(_BASE62[remainder])
    return "".join(digits)
