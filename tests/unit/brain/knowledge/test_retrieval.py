"""The search for the caller's last words, before the model requests it."""

import asyncio

import pytest

from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.database.connections import Database
from parley.events.envelope import Body
from parley.knowledge.found import FoundPassage
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import EagerEndOfTurn, TurnEnded
from services.brain.conversation import Conversation
from services.brain.items import CallerTurn, PredictedTurn
from services.brain.knowledge.retrieval import Retrieval
from services.brain.knowledge.search import KnowledgeSearch, SearchResult

_WORDS = "When are you open on Saturday?"
_EAGER = Event(turn_end_eager=EagerEndOfTurn(turn=1, text=_WORDS))
_ENDED = Event(turn_ended=TurnEnded(turn=1, text=_WORDS))
_PREDICTED = Conversation(predicted_turn=PredictedTurn(1, _WORDS))
_SPOKEN = Conversation(items=(CallerTurn(1, _WORDS),))


class _Search(KnowledgeSearch):
    """A search that ends when it is released."""

    def __init__(self, mode: str) -> None:
        super().__init__(
            SearchKnowledgeTool.model_validate({"names": ["docs"], "mode": mode}), Database("", "test")
        )
        self.queries: list[str] = []
        self.released = asyncio.Event()

    async def run(self, query: str) -> SearchResult:
        self.queries.append(query)
        await self.released.wait()
        return SearchResult(query, (FoundPassage("docs", "1", "a.md", ("Hours",), 0, "text", 1.0),), 5)


class _Fixture:
    def __init__(self, mode: str = "always") -> None:
        self.search = _Search(mode)
        self.events: list[Body] = []
        self.retrieval = Retrieval(self.search, self._append)

    async def _append(self, body: Body) -> None:
        self.events.append(body)


async def test_a_search_begins_on_the_eager_end_of_a_turn_and_is_used_at_its_end() -> None:
    fixture = _Fixture()
    async with asyncio.TaskGroup() as tasks:
        fixture.retrieval.on_event(_EAGER, _PREDICTED, tasks)
        fixture.search.released.set()
        await asyncio.sleep(0)
        fixture.retrieval.on_event(_ENDED, _SPOKEN, tasks)
        passages = await fixture.retrieval.passages(_SPOKEN)
    assert [passage.path for passage in passages] == ["a.md"]
    assert fixture.search.queries == [_WORDS]
    [event] = fixture.events
    assert (event.mode, event.turn, event.query, event.took_ms) == ("always", 1, _WORDS, 5)
    assert [(p.name, p.document, p.section, p.passage_id) for p in event.passages] == [
        ("docs", "a.md", "Hours", "1")
    ]


async def test_other_words_begin_another_search() -> None:
    fixture = _Fixture()
    fixture.search.released.set()
    other = Conversation(items=(CallerTurn(1, "When are you open on Saturday morning?"),))
    async with asyncio.TaskGroup() as tasks:
        fixture.retrieval.on_event(_EAGER, _PREDICTED, tasks)
        assert await fixture.retrieval.passages(other) == ()
        fixture.retrieval.on_event(_ENDED, other, tasks)
        assert await fixture.retrieval.passages(other)
    assert fixture.search.queries == ["When are you open on Saturday morning?"]


async def test_an_answer_does_not_wait_for_a_slow_search() -> None:
    fixture = _Fixture()
    async with asyncio.TaskGroup() as tasks:
        fixture.retrieval.on_event(_ENDED, _SPOKEN, tasks)
        async with asyncio.timeout(2):
            assert await fixture.retrieval.passages(_SPOKEN) == ()
        fixture.retrieval.stop()
    assert fixture.events == []


async def test_the_tool_uses_the_search_for_the_same_words() -> None:
    fixture = _Fixture("tool")
    async with asyncio.TaskGroup() as tasks:
        fixture.retrieval.on_event(_EAGER, _PREDICTED, tasks)
        fixture.search.released.set()
        for query in ("", "when are you open on saturday"):
            assert (await fixture.retrieval.for_tool(query, "t1")).query == _WORDS
        assert (await fixture.retrieval.for_tool("opening hours", "t2")).query == "opening hours"
    assert fixture.search.queries == [_WORDS, "opening hours"]
    assert [(event.mode, event.tool_call_id, event.turn) for event in fixture.events] == [
        ("tool", "t1", 1),
        ("tool", "t1", 1),
        ("tool", "t2", 1),
    ]


async def test_the_tool_needs_words() -> None:
    with pytest.raises(ValueError, match="query is empty"):
        await _Fixture("tool").retrieval.for_tool("", "t1")
