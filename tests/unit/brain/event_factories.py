"""Events, as the log would bring them: short to write in tests."""

from itertools import count

from parley.events.envelope import Body, wrap
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming

_numbers = count(1)


def event(body: Body) -> Event:
    """The body in an envelope of its own."""
    return wrap(
        body, call_sid="CA1", stage="test", epoch=1, sequence=next(_numbers), sent_at_us=0, traceparent=""
    )


def turn(number: int, text: str) -> Event:
    """The caller finished a turn."""
    return event(TurnEnded(turn=number, text=text))


def reply(reply_id: str, turn: int, *clauses: str, reason: str = "stop") -> list[Event]:
    """A whole reply as text."""
    return [
        event(ReplyStarted(reply_id=reply_id, turn=turn, kind=REPLY_KIND_ANSWER)),
        *(event(ReplyClause(reply_id=reply_id, clause=n, text=text)) for n, text in enumerate(clauses)),
        event(ReplyFinished(reply_id=reply_id, clauses=len(clauses), reason=reason)),
    ]


def voiced(reply_id: str, *clauses: str, word_ms: int = 100) -> list[Event]:
    """Its sound: each word takes `word_ms`."""
    events, at_ms = [], 0
    for number, text in enumerate(clauses):
        start_ms, words = at_ms, []
        for word in text.split():
            words.append(WordTiming(text=word, start_ms=at_ms, end_ms=at_ms + word_ms))
            at_ms += word_ms
        events.append(
            event(
                ClauseSynthesized(
                    reply_id=reply_id,
                    clause=number,
                    start_sample=start_ms * 8,
                    end_sample=at_ms * 8,
                    words=words,
                )
            )
        )
    return events


def playing(reply_id: str, heard_ms: int = 0) -> list[Event]:
    """The caller hears it."""
    return [
        event(PlaybackStarted(reply_id=reply_id)),
        event(PlaybackProgressed(reply_id=reply_id, played_samples=heard_ms * 8)),
    ]


def held(reply_id: str, heard_ms: int) -> Event:
    """The edge stopped playing it."""
    return event(PlaybackPaused(reply_id=reply_id, played_samples=heard_ms * 8))


def played(reply_id: str, heard_ms: int) -> Event:
    """All of it was heard."""
    return event(PlaybackFinished(reply_id=reply_id, played_samples=heard_ms * 8))
