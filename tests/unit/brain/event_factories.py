"""Factories of the events that brain tests need most; times count the agent's audio, in ms."""

from parley.audio.g711 import BYTES_PER_MS
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from tests.event_factories import event


def turn_ended(number: int, text: str) -> Event:
    """The caller finished a turn."""
    return event(TurnEnded(turn=number, text=text))


def clauses_synthesized(reply_id: str, *clauses: str, word_ms: int = 100) -> list[Event]:
    """The clauses of a reply were synthesized; each word takes `word_ms`."""
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
                    start_sample=start_ms * BYTES_PER_MS,
                    end_sample=at_ms * BYTES_PER_MS,
                    words=words,
                )
            )
        )
    return events


def playback_started(reply_id: str, played_ms: int = 0) -> list[Event]:
    """Playback of a reply started and has reached `played_ms`."""
    return [
        event(PlaybackStarted(reply_id=reply_id)),
        event(PlaybackProgressed(reply_id=reply_id, played_samples=played_ms * BYTES_PER_MS)),
    ]


def playback_paused(reply_id: str, played_ms: int) -> Event:
    """The edge paused the playback of a reply."""
    return event(PlaybackPaused(reply_id=reply_id, played_samples=played_ms * BYTES_PER_MS))


def playback_finished(reply_id: str, played_ms: int) -> Event:
    """A reply was played to its end."""
    return event(PlaybackFinished(reply_id=reply_id, played_samples=played_ms * BYTES_PER_MS))
