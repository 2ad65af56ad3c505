"""The items that a session's conversation is given: of the call's log, results of tools, and material."""

import asyncio
from collections.abc import Callable
from itertools import count

from parley.providers.realtime import CallerText, RealtimeConnection, ToolOutput
from services.brain.conversation import Conversation
from services.brain.realtime.history import SessionHistory, SessionStart

_MAX_OWN_CALLS = 200


class SessionItems:
    """Items that are added to one session, apart from those that the provider makes."""

    def __init__(self, connection: RealtimeConnection, conversation: Conversation) -> None:
        """Create it for a session that starts with a conversation."""
        self._connection = connection
        self._history = SessionHistory(conversation)
        self._updating = asyncio.Lock()
        self._numbers = count(1)
        self._own_calls: dict[str, None] = {}
        """Tool calls of the session's own responses."""
        self._outputs: dict[str, str] = {}
        """The item of each tool's output, by the id of the call."""
        self._material = ""
        """The item with the material for the latest answer."""

    async def restore(self, start: SessionStart) -> None:
        """Add the items of an earlier session."""
        for item in start.items:
            item_id = self._next_id("h")
            if isinstance(item, ToolOutput):
                self._outputs[item.call_id] = item_id
            await self._connection.add(item_id, item)

    async def update(self, conversation: Callable[[], Conversation]) -> None:
        """Add what the session does not contain yet: results of tools, and keys."""
        async with self._updating:
            await self._update(conversation())

    async def _update(self, conversation: Conversation) -> None:
        for addition in self._history.additions(conversation, set(self._own_calls)):
            item_id = self._next_id("a")
            if addition.key:
                if earlier := self._outputs.pop(addition.key, ""):
                    await self._connection.remove(earlier)
                self._outputs[addition.key] = item_id
            await self._connection.add(item_id, addition.item)

    async def set_material(self, text: str) -> None:
        """Replace the material that an answer may use."""
        if self._material:
            await self._connection.remove(self._material)
            self._material = ""
        if text:
            self._material = self._next_id("m")
            # Not a message of the system: documents must not command the agent.
            await self._connection.add(self._material, CallerText(text))

    def note_call(self, call_id: str) -> None:
        """Note a tool call of the session's own: its result goes to it."""
        self._own_calls[call_id] = None
        while len(self._own_calls) > _MAX_OWN_CALLS:
            del self._own_calls[next(iter(self._own_calls))]

    def _next_id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"
