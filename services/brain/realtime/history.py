"""The conversation in a session: all of it at its start, later what only the log contains. No I/O."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from parley.agent_config import AgentConfig
from parley.providers.llm import Message
from parley.providers.realtime import (
    AgentText,
    CalledTool,
    CallerText,
    HistoryItem,
    Instruction,
    ToolOutput,
)
from services.brain.conversation import Conversation
from services.brain.generation.prompt import RUNNING, build_messages
from services.brain.items import DtmfInput, Item
from services.brain.reply import Reply
from services.brain.tool_call import ToolCall

_SPOKEN = (
    "This is a telephone call: you listen and speak. Messages marked as what you said were played to the"
    " caller; a dash at the end means that the caller interrupted you there."
)


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The instructions and the items of a new session."""

    instructions: str
    items: tuple[HistoryItem, ...]


def session_start(
    agent: AgentConfig, conversation: Conversation, unfinished: Collection[str] = ()
) -> SessionStart:
    """Return what a new session starts with: the agent's prompt, notes, recent turns and results of tools.

    Of `unfinished` replies it contains what has audio: the session speaks the rest itself.
    """
    items = tuple(
        _with_audio(item) if _is_unfinished(item, unfinished) else item for item in conversation.items
    )
    first, *rest = build_messages(agent, replace(conversation, items=items))
    history = tuple(item for message in rest for item in _items(message))
    return SessionStart(f"{first['content']}\n\n{_SPOKEN}", history)


def _is_unfinished(item: Item, unfinished: Collection[str]) -> bool:
    return isinstance(item, Reply) and item.reply_id in unfinished and not item.cancelled


def _with_audio(item: Item) -> Item:
    """Return a reply with the clauses that have audio only."""
    return replace(item, clauses=item.clauses[: len(item.synthesized)]) if isinstance(item, Reply) else item


def _items(message: Message) -> Iterator[HistoryItem]:
    content = message.get("content") or ""
    match message["role"]:
        case "user" if content:
            yield CallerText(content)
        case "system" if content:
            yield Instruction(content)
        case "tool":
            yield ToolOutput(str(message["tool_call_id"]), content)
        case "assistant":
            if content:
                yield AgentText(content)
            for call in message.get("tool_calls", ()):
                function = call["function"]
                yield CalledTool(str(call["id"]), function["name"], function["arguments"])
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Addition:
    """An item to add; its key, if it has one, is that of an item which it replaces."""

    item: HistoryItem
    key: str = ""


class SessionHistory:
    """The tool calls, results and keys that one session contains."""

    def __init__(self, conversation: Conversation) -> None:
        """Create it for a session that starts with a conversation."""
        self._dtmf_inputs = conversation.totals.dtmf_inputs
        self._call_ids: dict[str, str] = {}
        """The session's id of each tool call."""
        self._outputs: dict[str, str] = {}
        """The output that each tool call has in the session."""
        for call in _tool_calls(conversation):
            self._call_ids[call.tool_call_id] = call.tool_call_id
            self._outputs[call.tool_call_id] = _output(call)

    def additions(self, conversation: Conversation, own_calls: set[str]) -> list[Addition]:
        """Return the items that the session does not contain yet; `own_calls` are its own."""
        added = [Addition(CallerText(text)) for text in self._new_dtmf(conversation)]
        for call in _tool_calls(conversation):
            output = _output(call)
            if self._outputs.get(call.tool_call_id) == output:
                continue
            if call.tool_call_id not in self._call_ids:
                own = _provider_id(call)
                call_id = own if own in own_calls else call.tool_call_id
                self._call_ids[call.tool_call_id] = call_id
                if call_id != own:
                    added.append(Addition(CalledTool(call_id, call.name, call.arguments)))
            self._outputs[call.tool_call_id] = output
            added.append(Addition(ToolOutput(self._call_ids[call.tool_call_id], output), call.tool_call_id))
        return added

    def _new_dtmf(self, conversation: Conversation) -> Sequence[str]:
        new = conversation.totals.dtmf_inputs - self._dtmf_inputs
        self._dtmf_inputs = conversation.totals.dtmf_inputs
        texts = [item.text for item in conversation.items if isinstance(item, DtmfInput)]
        return texts[-new:] if new > 0 else ()


def _tool_calls(conversation: Conversation) -> Iterator[ToolCall]:
    return (item for item in conversation.items if isinstance(item, ToolCall))


def _output(call: ToolCall) -> str:
    return call.result if call.result is not None else RUNNING


def _provider_id(call: ToolCall) -> str:
    """The provider's own id of a call; empty if it is missing."""
    try:
        extra = json.loads(call.extra) if call.extra else {}
    except ValueError:
        return ""
    value = extra.get("call_id") if isinstance(extra, dict) else ""
    return value if isinstance(value, str) else ""
