"""Outcomes and durations of searches in documents. No I/O, no clock."""

from collections.abc import Sequence

from parley.events.envelope import Body
from parley.telemetry.catalogue.quality import KNOWLEDGE_SEARCH_SECONDS, KNOWLEDGE_SEARCHES
from parley.v1.knowledge_pb2 import KnowledgeSearched
from services.recorder.metrics.observation import Observation


def search_outcome(body: Body | None) -> Sequence[Observation]:
    """Return the outcome and the duration of a search; nothing for another event."""
    if not isinstance(body, KnowledgeSearched):
        return ()
    outcome = "failed" if body.failure else "found" if body.passages else "nothing"
    labels = {"mode": body.mode}
    return (
        Observation(KNOWLEDGE_SEARCHES, {**labels, "outcome": outcome}),
        Observation(KNOWLEDGE_SEARCH_SECONDS, labels, body.took_ms / 1000, body.turn),
    )
