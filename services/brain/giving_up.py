"""When a call cannot be gone on with: nobody hears, thinks or speaks for it. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2, work_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.turn_taking import WaitUntil

_ERRORS = 2
"""So many answers in a row that no model gave: the caller was asked once to say it again."""
_DEAF_MS = 10_000
"""So long a caller may speak to a transcriber that is lost."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What does not work now."""

    errors: int = 0
    """Answers in a row that no model gave."""
    mute: bool = False
    """The last reply could be spoken in no way."""
    deaf_since_ms: int | None = None
    unheard_since_ms: int | None = None
    """When the caller first spoke while it was so."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Have Twilio go on without us."""

    reason: str
    """"stt_unavailable", "llm_unavailable", "tts_unavailable"."""


def evolve(trouble: Trouble, event: Event, *, now_ms: int) -> Trouble:
    """What is known after the event, which came at `now_ms` (call time)."""
    match event_body(event):
        case work_pb2.StageFailed() if event.stage == "tts":
            return replace(trouble, mute=True)
        case work_pb2.StageFailed() if event.stage == "stt":
            return trouble if trouble.deaf_since_ms is not None else replace(trouble, deaf_since_ms=now_ms)
        case synthesis_pb2.SynthesisStarted():
            return replace(trouble, mute=False)
        case speech_pb2.SpeechStarted() if trouble.deaf_since_ms is not None:
            since_ms = trouble.unheard_since_ms
            return replace(trouble, unheard_since_ms=now_ms if since_ms is None else since_ms)
        case speech_pb2.TranscriptUpdated() | speech_pb2.TurnEnded():
            return replace(trouble, deaf_since_ms=None, unheard_since_ms=None)
        case reply_pb2.ReplyFinished(reason="error"):
            return replace(trouble, errors=trouble.errors + 1)
        case reply_pb2.ReplyFinished(reason="stop" | "tool_calls" | "length", clauses=clauses) if clauses:
            return replace(trouble, errors=0)
        case _:
            return trouble


def decide(trouble: Trouble, known: Conversation, *, now_ms: int) -> GiveUp | WaitUntil | None:
    """Whether to give up."""
    if known.ended or known.given_up:
        return None
    if trouble.mute:
        return GiveUp("tts_unavailable")
    if trouble.errors >= _ERRORS:
        return GiveUp("llm_unavailable")
    if trouble.unheard_since_ms is None:
        return None
    until_ms = trouble.unheard_since_ms + _DEAF_MS
    return GiveUp("stt_unavailable") if now_ms >= until_ms else WaitUntil(until_ms)
