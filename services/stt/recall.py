"""After a takeover: where our forerunner's ears were, from the call's log. A fold; no I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from parley.events.envelope import event_body
from parley.providers.stt import Word
from parley.v1 import reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.stt.transcript import Transcript

_ASKED_CHARS = 300


@dataclass(frozen=True, slots=True)
class Memory:
    """What was said of the caller's voice and words."""

    transcript: Transcript = field(default_factory=Transcript)
    eager: bool = False
    voice_open: bool = False
    """A voice's begin was told, its end was not."""
    voice_told_ms: int = 0
    """Call time of the last begin or end that was told."""
    reply_id: str = ""
    asked: str = ""
    """What the agent has said last, as far as is known."""


def evolve(known: Memory, event: Event) -> Memory:
    """What is known after one more event."""
    match event_body(event):
        case reply_pb2.ReplyClause() as said:
            before = known.asked if said.reply_id == known.reply_id else ""
            return replace(known, reply_id=said.reply_id, asked=(before + said.text)[-_ASKED_CHARS:])
        case speech_pb2.SpeechStarted(at_ms=at_ms):
            return replace(known, voice_open=True, voice_told_ms=at_ms)
        case speech_pb2.SpeechStopped(at_ms=at_ms):
            return replace(known, voice_open=False, voice_told_ms=at_ms)
        case speech_pb2.EagerEndOfTurn():
            return replace(known, eager=True)
        case speech_pb2.TurnResumed():
            return replace(known, eager=False)
        case speech_pb2.TranscriptUpdated(final=True) as said:
            return replace(known, transcript=_with(known.transcript, said))
        case speech_pb2.TurnEnded() as said:
            over = Transcript(said.turn + 1, until_ms=said.audio_end_ms, closed_until_ms=said.audio_end_ms)
            return replace(known, transcript=over, eager=False)
        case _:
            return known


def recall(history: Iterable[Event]) -> Memory:
    """The memory that a call's log leaves."""
    known = Memory()
    for event in history:
        known = evolve(known, event)
    return known


def _with(transcript: Transcript, said: speech_pb2.TranscriptUpdated) -> Transcript:
    words = tuple(Word(w.text, w.start_ms, w.end_ms, w.confidence) for w in said.words)
    return replace(
        transcript,
        turn=said.turn,
        final_text=said.text,
        words=(*transcript.words, *words),
        until_ms=said.audio_end_ms,
    )
