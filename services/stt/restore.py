"""After a takeover: where our forerunner's ears were, from the call's log. A fold; no I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from parley.events.envelope import event_body
from parley.providers.stt import Word
from parley.v1 import reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.stt.transcript import Transcript

_MAX_AGENT_TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class SttState:
    """What was said of the caller's voice and words."""

    transcript: Transcript = field(default_factory=Transcript)
    eager: bool = False
    voice_open: bool = False
    """A voice's begin was told, its end was not."""
    last_speech_event_ms: int = 0
    """Call time of the last begin or end that was told."""
    reply_id: str = ""
    last_agent_text: str = ""
    """What the agent has said last, as far as is known."""


def evolve(state: SttState, event: Event) -> SttState:
    """What is known after one more event."""
    match event_body(event):
        case reply_pb2.ReplyClause() as said:
            before = state.last_agent_text if said.reply_id == state.reply_id else ""
            text = (before + said.text)[-_MAX_AGENT_TEXT_CHARS:]
            return replace(state, reply_id=said.reply_id, last_agent_text=text)
        case speech_pb2.SpeechStarted(at_ms=at_ms):
            return replace(state, voice_open=True, last_speech_event_ms=at_ms)
        case speech_pb2.SpeechStopped(at_ms=at_ms):
            return replace(state, voice_open=False, last_speech_event_ms=at_ms)
        case speech_pb2.EagerEndOfTurn():
            return replace(state, eager=True)
        case speech_pb2.TurnResumed():
            return replace(state, eager=False)
        case speech_pb2.TranscriptUpdated(final=True) as said:
            return replace(state, transcript=_with_final_words(state.transcript, said))
        case speech_pb2.TurnEnded() as said:
            over = Transcript(
                said.turn + 1, final_end_ms=said.audio_end_ms, closed_until_ms=said.audio_end_ms
            )
            return replace(state, transcript=over, eager=False)
        case _:
            return state


def restore(history: Iterable[Event]) -> SttState:
    """The memory that a call's log leaves."""
    state = SttState()
    for event in history:
        state = evolve(state, event)
    return state


def _with_final_words(transcript: Transcript, said: speech_pb2.TranscriptUpdated) -> Transcript:
    words = tuple(Word(w.text, w.start_ms, w.end_ms, w.confidence) for w in said.words)
    return replace(
        transcript,
        turn=said.turn,
        final_text=said.text,
        words=(*transcript.words, *words),
        final_end_ms=said.audio_end_ms,
    )
