"""The state of a call's transcription after a takeover, folded from its log. No I/O, no clock."""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from parley.events.envelope import event_body
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.providers.stt import Word
from parley.v1 import reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.stt.transcript import Transcript

_MAX_AGENT_TEXT_CHARS = 300
_ASIDES = (
    reply_pb2.REPLY_KIND_FILLER,
    reply_pb2.REPLY_KIND_IDLE_PROMPT,
    reply_pb2.REPLY_KIND_WARNING,
    reply_pb2.REPLY_KIND_RECONNECTED,
    reply_pb2.REPLY_KIND_HANDOFF,
)

_ReplyEvent: TypeAlias = (
    reply_pb2.ReplyStarted | reply_pb2.ReplyClause | reply_pb2.ReplyReleased | reply_pb2.ReplyCancelled
)


@dataclass(frozen=True, slots=True)
class SttState:
    """The state of transcription that the log records."""

    transcript: Transcript = field(default_factory=Transcript)
    eager: bool = False
    last_speech_event_ms: int = 0
    """Call time of the last SpeechStarted or SpeechStopped."""
    reply_id: str = ""
    last_agent_text: str = ""
    """The end of the latest reply, for judging how long an answer to it may be."""
    speculative_reply_id: str = ""
    speculative_text: str = ""
    """The end of a reply that the caller does not hear unless it is released."""
    ignored_reply_id: str = ""
    """A reply that was cancelled or asks nothing, such as a filler: the caller answers the one before."""


def evolve(state: SttState, event: Event) -> SttState:
    """Return the state after an event."""
    match event_body(event):
        case (
            reply_pb2.ReplyStarted()
            | reply_pb2.ReplyClause()
            | reply_pb2.ReplyReleased()
            | reply_pb2.ReplyCancelled()
        ) as reply:
            return _with_reply_event(state, reply)
        case speech_pb2.SpeechStarted(at_ms=at_ms):
            return replace(state, last_speech_event_ms=at_ms)
        case speech_pb2.SpeechStopped(at_ms=at_ms):
            return replace(state, last_speech_event_ms=at_ms)
        case speech_pb2.EagerEndOfTurn():
            return replace(state, eager=True)
        case speech_pb2.TurnResumed():
            return replace(state, eager=False)
        case speech_pb2.TranscriptUpdated(final=True) as updated:
            return replace(state, transcript=_with_final_words(state.transcript, updated))
        case speech_pb2.TurnEnded() as ended:
            next_turn = Transcript(
                ended.turn + 1, final_end_ms=ended.audio_end_ms, closed_until_ms=ended.audio_end_ms
            )
            return replace(state, transcript=next_turn, eager=False)
        case _:
            return state


STT = Fold("stt", SttState, lambda state, event, _at_ms: evolve(state, event), dataclass_codec(SttState))
"""The state that an owner of stt starts with."""


def _with_reply_event(state: SttState, event: _ReplyEvent) -> SttState:
    is_speculative = event.reply_id == state.speculative_reply_id
    match event:
        case reply_pb2.ReplyStarted(kind=kind) if kind in _ASIDES:
            return replace(state, ignored_reply_id=event.reply_id)
        case reply_pb2.ReplyStarted(speculative=True):
            return replace(state, speculative_reply_id=event.reply_id, speculative_text="")
        case reply_pb2.ReplyStarted():
            return replace(state, reply_id=event.reply_id, last_agent_text="")
        case reply_pb2.ReplyReleased() if is_speculative:
            text = state.speculative_text
            return replace(state, reply_id=event.reply_id, last_agent_text=text, speculative_reply_id="")
        case reply_pb2.ReplyCancelled() if is_speculative:
            return replace(state, ignored_reply_id=event.reply_id, speculative_reply_id="")
        case reply_pb2.ReplyClause():
            return _with_clause(state, event)
        case _:
            return state


def _with_clause(state: SttState, clause: reply_pb2.ReplyClause) -> SttState:
    if clause.reply_id == state.ignored_reply_id:
        return state
    if clause.reply_id == state.speculative_reply_id:
        text = (state.speculative_text + clause.text)[-_MAX_AGENT_TEXT_CHARS:]
        return replace(state, speculative_text=text)
    before = state.last_agent_text if clause.reply_id == state.reply_id else ""
    text = (before + clause.text)[-_MAX_AGENT_TEXT_CHARS:]
    return replace(state, reply_id=clause.reply_id, last_agent_text=text)


def _with_final_words(transcript: Transcript, updated: speech_pb2.TranscriptUpdated) -> Transcript:
    words = tuple(Word(w.text, w.start_ms, w.end_ms, w.confidence) for w in updated.words)
    return replace(
        transcript,
        turn=updated.turn,
        final_text=updated.text,
        words=(*transcript.words, *words),
        final_words=len(transcript.words) + len(words),
        final_end_ms=updated.audio_end_ms,
    )
