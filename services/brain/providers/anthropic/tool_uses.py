"""Collects the tool calls of one answer, and the thinking that the next request must return. No I/O."""

from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import ToolCallRequest
from services.brain.providers.anthropic.errors import PROVIDER
from services.brain.providers.anthropic.messages import EXTRA
from services.brain.providers.streams.json_values import as_text
from services.brain.providers.streams.tool_arguments import arguments_text, join_fragments
from services.brain.providers.streams.tool_requests import RawCall, requests_of

_MAX_BLOCKS = 128
_MAX_CHARS = 1_000_000


class ToolUses:
    """Blocks by their index within the message; one without an index is the last one."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, str, str, list[str]]] = {}
        """Id, name, complete input at the start, and fragments of the input."""
        self._thinking: dict[int, dict[str, Any]] = {}
        self._last = -1
        self._chars = 0

    def start(self, index: int | None, block: dict[str, Any]) -> None:
        """Begin a tool call.

        Raises:
            ProviderUnavailable: the answer exceeds a limit.
        """
        given = block.get("input")
        whole = arguments_text(given) if given else ""
        index = self._index(index, new=True)
        self._count(len(whole))
        self._calls[index] = (as_text(block.get("id")), as_text(block.get("name")), whole, [])

    def add(self, index: int | None, fragment: str) -> bool:
        """Add a fragment of a call's input; whether there is such a call and the fragment is not empty."""
        call = self._calls.get(self._index(index))
        if call is None or not fragment:
            return False
        self._count(len(fragment))
        call[3].append(fragment)
        return True

    def start_thinking(self, index: int | None, block: dict[str, Any]) -> None:
        """Begin a block of thinking, which may be complete."""
        self._count(len(as_text(block.get("data"))))
        self._thinking[self._index(index, new=True)] = dict(block)

    def add_thinking(self, index: int | None, field: str, text: str) -> None:
        """Add text or signature to a block of thinking."""
        block = self._thinking.get(self._index(index))
        if block is not None:
            self._count(len(text))
            block[field] = as_text(block.get(field)) + text

    def finish(self) -> list[ToolCallRequest]:
        """The calls in the order of their blocks; the thinking is kept with the first one."""
        extra = self._extra()
        calls = []
        for index in sorted(self._calls):
            call_id, name, whole, fragments = self._calls[index]
            arguments = join_fragments(fragments).strip() or whole or "{}"
            calls.append(RawCall(call_id, name, arguments, extra))
            extra = {}
        return requests_of(calls)

    def _extra(self) -> dict[str, Any]:
        blocks = [
            block
            for _, block in sorted(self._thinking.items())
            if block.get("signature") or block.get("type") == "redacted_thinking"
        ]
        return {EXTRA: {"thinking": blocks}} if blocks else {}

    def _index(self, index: int | None, *, new: bool = False) -> int:
        if index is None:
            index = self._last + 1 if new else self._last
        self._last = index
        return index

    def _count(self, chars: int) -> None:
        self._chars += chars
        if self._chars > _MAX_CHARS or len(self._calls) + len(self._thinking) > _MAX_BLOCKS:
            raise ProviderUnavailable(PROVIDER, "an answer of more tool calls and thinking than any needs")
