"""Retrieval for one agent of a call: begins on the eager end of a turn, so that the answer does not wait."""

import asyncio
from collections.abc import Awaitable, Callable

from parley.events.envelope import Body
from parley.knowledge.found import FoundPassage
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.knowledge.query import caller_query, same_query
from services.brain.knowledge.search import KnowledgeSearch, SearchResult, searched

_MAX_WAIT_S = 0.3
"""How long an answer waits for passages that have not been found yet."""


class Retrieval:
    """Keeps the search for the caller's last words, which an answer or a tool call uses."""

    def __init__(self, search: KnowledgeSearch, append: Callable[[Body], Awaitable[None]]) -> None:
        """Create the retrieval; `append` appends an event while the call lasts, and raises nothing."""
        self._search = search
        self._append = append
        self._query = ""
        self._turn = 0
        self._latest: asyncio.Task[SearchResult] | None = None

    @property
    def for_each_turn(self) -> bool:
        """Whether the model gets passages for each turn, without a tool call."""
        return self._search.section.mode == "always"

    def on_event(self, event: Event, conversation: Conversation, tasks: asyncio.TaskGroup) -> None:
        """Begin the search when a turn has ended or probably has; `conversation` includes the event."""
        if event.HasField("turn_end_eager"):
            self.begin(conversation.with_predicted_turn(), event.turn_end_eager.turn, tasks)
        elif event.HasField("turn_ended"):
            self.begin(conversation, event.turn_ended.turn, tasks)

    def begin(self, conversation: Conversation, turn: int, tasks: asyncio.TaskGroup) -> None:
        """Begin the search for the caller's last words, unless that has begun."""
        query = caller_query(conversation)
        if not query or (self._latest is not None and same_query(query, self._query)):
            return
        self.stop()
        self._query, self._turn = query, turn
        self._latest = tasks.create_task(self._search.run(query), name="search the knowledge")
        if self.for_each_turn:
            tasks.create_task(self._report(self._latest, turn), name="report the search")

    async def passages(self, conversation: Conversation) -> tuple[FoundPassage, ...]:
        """Return the passages for the caller's last words, as far as they are found in time."""
        if self._latest is None or not same_query(caller_query(conversation), self._query):
            return ()
        done, _ = await asyncio.wait([self._latest], timeout=_MAX_WAIT_S)
        return self._latest.result().passages if done and not self._latest.cancelled() else ()

    async def for_tool(self, query: str, tool_call_id: str) -> SearchResult:
        """Search for the model's query; without one, for the caller's last words.

        Raises:
            ValueError: there is nothing to search for.
        """
        latest = self._latest
        if latest is not None and (not query or same_query(query, self._query)):
            await asyncio.wait([latest])
            result = SearchResult(self._query, failure="cancelled") if latest.cancelled() else latest.result()
        elif query:
            result = await self._search.run(query)
        else:
            raise ValueError("the query is empty: give the words to search for")
        await self._append(searched(result, self._search.section, "tool", self._turn, tool_call_id))
        return result

    def stop(self) -> None:
        """Stop the search for the caller's last words."""
        if self._latest is not None:
            self._latest.cancel()
            self._latest = None

    async def _report(self, search: asyncio.Task[SearchResult], turn: int) -> None:
        """Append the result of a search for a turn; no answer waits for that."""
        await asyncio.wait([search])
        if not search.cancelled():
            await self._append(searched(search.result(), self._search.section, "always", turn))
