"""Keeps tool calls that a model writes as text out of the speech. No I/O.

Servers without a parser for a model's tool calls send them as text: between tags, after a token, in a code
block or as bare JSON. Code and JSON are never speech, whether they are calls or not.
"""

import re
from collections.abc import Collection

from parley.providers.llm import ToolCallRequest
from services.brain.providers.streams.written_calls import read_calls

_NAMES = (
    r"(?:[a-z]+:)?(?:tool_?calls?|function_?calls?|tools?|tool_code|tool_use|tool_response|invoke|function"
    r"|parameter|start_function_call)"
)
_TOKENS = r"[^<>|\uff5c\n]{0,20}(?:tool|python_tag|function_call|start_action|action_start|dsml)"
TOOL_TOKEN = rf"<[|\uff5c]{_TOKENS}[^<>\n]{{0,40}}>"
"""Special tokens that begin tool calls."""
_OPENER = (
    rf"<{_NAMES}(?:[\s=][^<>]*)?>|{TOOL_TOKEN}|\[tool_(?:calls?|request)\]|```"
    r"|\{\s*[\"']|\[\s*\{|functools\["
)
_MAX_OPENER_CHARS = 100
_WORD = re.compile(r"(?<!\w)\[?[A-Za-z_]\w*\(?\Z")
_UNSPEAKABLE = re.compile(r"[{}<>\[\]|=;`]")
_FENCE_LINE = re.compile(r"```[\w+-]*\n?")


class ToolTextFilter:
    """Text in pieces in, the speech out; what begins like a tool call is buffered until the end."""

    def __init__(self, names: Collection[str] = ()) -> None:
        """Create a filter; `names` are the offered tools, which calls without any markup are known by."""
        self._names = tuple(names)
        self._begins = ("functools[", *(f"{name}(".lower() for name in self._names))
        written = "|".join(re.escape(name) for name in self._names)
        calls = rf"|\[?\b(?:{written})\(" if written else ""
        self._opener = re.compile(_OPENER + calls, re.IGNORECASE)
        self._pending = ""
        self._buffered: list[str] = []

    @property
    def buffers_text(self) -> bool:
        """Whether something that may be a tool call has begun."""
        return bool(self._buffered)

    def push(self, text: str) -> str:
        """Add text; return what is certain to be speech."""
        if self._buffered:
            self._buffered.append(text)
            return ""
        self._pending += text
        found = self._opener.search(self._pending)
        end = found.start() if found else self._undecided()
        speech, rest = self._pending[:end], self._pending[end:]
        if found:
            self._buffered, self._pending = [rest], ""
        else:
            self._pending = rest
        return speech

    def finish(self) -> tuple[str, list[ToolCallRequest]]:
        """Return the rest of the speech and the calls; call it once, at the end of the text."""
        buffered, pending = "".join(self._buffered), self._pending
        self._buffered, self._pending = [], ""
        if not buffered:
            return pending, []
        calls = read_calls(buffered, self._names)
        speech = _FENCE_LINE.sub("", buffered)
        return ("" if calls or _UNSPEAKABLE.search(speech) else speech), calls

    def _undecided(self) -> int:
        """The position of an opener that further text may complete."""
        text = self._pending
        start = max(0, len(text) - _MAX_OPENER_CHARS)
        for at in range(start, len(text)):
            if text[at] in "<[{`" and self._may_open(text[at:]):
                return at
        word = _WORD.search(text, start)
        if word and any(begin.startswith(word[0].lstrip("[").lower()) for begin in self._begins):
            return word.start()
        return len(text)

    @staticmethod
    def _may_open(tail: str) -> bool:
        if tail[0] == "<":
            return ">" not in tail and re.match(r"<(?:[|\uff5c\w]|$)", tail) is not None
        if tail[0] == "[":
            return "[tool_calls]".startswith(tail.lower()) or not tail[1:].strip()
        if tail[0] == "{":
            return not tail[1:].strip()
        return tail in ("`", "``")
