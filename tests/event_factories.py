"""Factories of call events for tests, and a selector of bodies by type."""

from collections.abc import Iterable
from itertools import count
from typing import TypeVar

from parley.events.envelope import Body, wrap
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause, ReplyFinished, ReplyStarted

CALL_SID = "CA1"
START_US = 1_763_700_000_000_000
"""Wall clock of call time 0, in microseconds."""

_BodyT = TypeVar("_BodyT")
_sequences = count(1)


def event(
    body: Body,
    *,
    at_ms: int = 0,
    stage: str = "test",
    epoch: int = 1,
    sequence: int | None = None,
    call_sid: str = CALL_SID,
) -> Event:
    """Wrap a body as the event that `stage` sent at call time `at_ms`; sequences ascend by default."""
    return wrap(
        body,
        call_sid=call_sid,
        stage=stage,
        epoch=epoch,
        sequence=next(_sequences) if sequence is None else sequence,
        sent_at_us=START_US + at_ms * 1000,
        traceparent="",
    )


def events_of(*timed: tuple[int, Body], stage: str = "test") -> list[Event]:
    """A call's events from pairs of call time (ms) and body; sequences start at 1."""
    return [event(body, at_ms=at_ms, stage=stage, sequence=n) for n, (at_ms, body) in enumerate(timed, 1)]


def reply_events(reply_id: str, turn: int, *clauses: str, reason: str = "stop") -> list[Event]:
    """The events of one whole reply as text, without audio."""
    return [
        event(ReplyStarted(reply_id=reply_id, turn=turn, kind=REPLY_KIND_ANSWER)),
        *(event(ReplyClause(reply_id=reply_id, clause=n, text=text)) for n, text in enumerate(clauses)),
        event(ReplyFinished(reply_id=reply_id, clauses=len(clauses), reason=reason)),
    ]


def bodies_of(bodies: Iterable[object], kind: type[_BodyT]) -> list[_BodyT]:
    """Select the bodies of one type."""
    return [body for body in bodies if isinstance(body, kind)]
