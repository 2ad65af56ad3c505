"""Outcomes of searches in documents."""

import pytest

from parley.telemetry.catalogue.quality import KNOWLEDGE_SEARCH_SECONDS, KNOWLEDGE_SEARCHES
from parley.v1.call_pb2 import CallEnded
from parley.v1.knowledge_pb2 import KnowledgePassage, KnowledgeSearched
from services.recorder.metrics.knowledge_outcomes import search_outcome


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (KnowledgeSearched(passages=[KnowledgePassage(passage_id="1")]), "found"),
        (KnowledgeSearched(), "nothing"),
        (KnowledgeSearched(failure="postgres: down"), "failed"),
    ],
)
def test_each_search_is_counted_and_timed(body: KnowledgeSearched, outcome: str) -> None:
    """The duration is that of the search itself."""
    body.mode, body.took_ms, body.turn = "tool", 20, 3
    counted, timed = search_outcome(body)
    assert (counted.metric, counted.labels) == (KNOWLEDGE_SEARCHES, {"mode": "tool", "outcome": outcome})
    assert (timed.metric, timed.value, timed.turn) == (KNOWLEDGE_SEARCH_SECONDS, 0.02, 3)


def test_other_events_are_ignored() -> None:
    """The observer of a call passes it every event."""
    assert search_outcome(CallEnded()) == ()
    assert search_outcome(None) == ()
