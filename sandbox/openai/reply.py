"""An answer as the emulator sends it, and the faults that change its content. No I/O, no clock."""

import json
import re
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from sandbox.openai.scenario import Answer

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+")
_REASONING = "The caller wants something simple. I answer in one sentence."
REASONING_TOKENS = 64
"""Tokens of the reasoning, which count against the limit on the answer."""
_REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call."""

    name: str
    arguments: str
    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The content of an answer."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    """Sent only by servers and quirks that show it."""
    refusal: str = ""
    finish: str = "stop"
    reasons: bool = False
    """Whether the model reasoned before it answered."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The text in pieces, each of which is a chunk of the stream."""
        pieces = tuple(_TOKEN.findall(self.text))
        rest = self.text[sum(map(len, pieces)) :]
        return (*pieces, rest) if rest else pieces


def reply_of(answer: Answer, offered: Collection[str], *, reasons: bool = False) -> Reply:
    """Build a reply from a scripted answer; a model calls only the tools that it was offered."""
    calls = tuple(
        Call(call.name, call.arguments, new_call_id()) for call in answer.calls if call.name in offered
    )
    text = answer.text or ("" if calls else "I see.") if answer.calls else answer.text
    return _finished(Reply(text, calls, reasoning=_REASONING, reasons=reasons))


def limited(reply: Reply, max_tokens: int | None, stops: Collection[str]) -> Reply:
    """Cut a reply at the first stop sequence and at the limit on its tokens."""
    found = [position for stop in stops if stop and (position := reply.text.find(stop)) >= 0]
    if found:
        reply = replace(reply, text=reply.text[: min(found)], calls=(), finish="stop")
    if max_tokens is None:
        return reply
    tokens = reply.tokens
    budget = max(0, max_tokens - (REASONING_TOKENS if reply.reasons else 0))
    if len(tokens) > budget or (reply.calls and not budget):
        reply = replace(reply, text="".join(tokens[:budget]), calls=(), finish="length")
    return reply


def new_call_id() -> str:
    """A new id of a tool call."""
    return f"call_{uuid.uuid4().hex[:24]}"


def renamed(reply: Reply, call_id: Callable[[], str]) -> Reply:
    """Give the tool calls ids of another form."""
    return replace(reply, calls=tuple(replace(call, id=call_id()) for call in reply.calls))


def with_faults(reply: Reply, faults: Collection[str], offered: Collection[str]) -> Reply:
    """Apply the faults that change the content of the reply."""
    for name in sorted(faults):
        if change := _CHANGES.get(name):
            reply = _finished(change(reply, offered))
    return reply


def _finished(reply: Reply) -> Reply:
    """Set the finish reason of a reply that was not cut."""
    if reply.finish in ("stop", "tool_calls"):
        return replace(reply, finish="tool_calls" if reply.calls else "stop")
    return reply


def _cut(reply: Reply, finish: str) -> Reply:
    tokens = reply.tokens
    return replace(reply, text="".join(tokens[: len(tokens) // 2]), calls=(), finish=finish)


def _with_arguments(reply: Reply, change: Callable[[str], str]) -> Reply:
    return replace(
        reply, calls=tuple(replace(call, arguments=change(call.arguments)) for call in reply.calls)
    )


def _called(reply: Reply, name: str, arguments: str = "{}") -> Reply:
    return replace(reply, calls=(*reply.calls, Call(name, arguments, new_call_id())))


def _tool_loop(reply: Reply, offered: Collection[str]) -> Reply:
    others = [name for name in offered if name != "end_call"] or list(offered)
    return _called(replace(reply, text="", calls=()), others[0]) if others else reply


def _twice(reply: Reply, _offered: Collection[str]) -> Reply:
    again = tuple(replace(call, id=new_call_id()) for call in reply.calls)
    return replace(reply, calls=reply.calls + again)


def _end_call_beside(reply: Reply, offered: Collection[str]) -> Reply:
    called = any(call.name == "end_call" for call in reply.calls)
    return reply if called or "end_call" not in offered else _called(reply, "end_call")


def _tool_as_text(reply: Reply, _offered: Collection[str]) -> Reply:
    texts = [
        f'<tool_call>\n{{"name": {json.dumps(call.name)}, "arguments": {call.arguments}}}\n</tool_call>'
        for call in reply.calls
    ]
    return replace(reply, text="\n".join(filter(None, [reply.text, *texts])), calls=())


def _markdown(reply: Reply, _offered: Collection[str]) -> Reply:
    text = f"## Answer\n\n**{reply.text}** 😀\n\n1. First\n2. Second\n- See https://example.com/a_b\n"
    return replace(reply, text=text)


def _think(opening: str) -> Callable[[Reply, Collection[str]], Reply]:
    return lambda reply, _: replace(reply, text=f"{opening}{_REASONING}</think>\n\n{reply.text}")


_CHANGES: Mapping[str, Callable[[Reply, Collection[str]], Reply]] = {
    "empty": lambda reply, _: replace(reply, text="", calls=()),
    "whitespace": lambda reply, _: replace(reply, text=" \n\n ", calls=()),
    "length_no_text": lambda reply, _: replace(reply, text="", calls=(), reasons=True, finish="length"),
    "length_mid": lambda reply, _: _cut(reply, "length"),
    "content_filter": lambda reply, _: _cut(reply, "content_filter"),
    "refusal": lambda reply, _: replace(reply, text="", calls=(), refusal=_REFUSAL),
    "think_text": _think("<think>"),
    "think_no_open": _think(""),
    "tool_as_text": _tool_as_text,
    "broken_arguments": lambda reply, _: _with_arguments(reply, lambda text: text[:-1] + ', "a": '),
    "array_arguments": lambda reply, _: _with_arguments(reply, lambda text: f"[{text}]"),
    "empty_arguments": lambda reply, _: _with_arguments(reply, lambda _text: ""),
    "tool_loop": _tool_loop,
    "unknown_tool": lambda reply, _: _called(replace(reply, calls=()), "no_such_tool", '{"a": 1}'),
    "double_tool_call": _twice,
    "end_call_beside": _end_call_beside,
    "markdown": _markdown,
}
