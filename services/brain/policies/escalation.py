"""When a call cannot be gone on with: nobody hears, thinks or speaks for it. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2, work_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.policies.turn_taking import WaitUntil

_ERRORS = 2
"""So many answers in a row that no model gave: the caller was asked once to say it again."""
_DEAF_MS = 10_000
"""So long a caller may speak to a transcriber that is lost."""


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """What does not work now."""

    failed_answers: int = 0
    """Answers in a row that no model gave."""
    tts_down: bool = False
    """The last reply could be spoken in no way."""
    stt_down_since_ms: int | None = None
    untranscribed_since_ms: int | None = None
    """When the caller first spoke while it was so."""


@dataclass(frozen=True, slots=True)
class RequestFallback:
    """Have Twilio go on without us."""

    reason: str
    """"stt_unavailable", "llm_unavailable", "tts_unavailable"."""


def evolve(health: ServiceHealth, event: Event, *, now_ms: int) -> ServiceHealth:
    """What is known after the event, which came at `now_ms` (call time)."""
    match event_body(event):
        case work_pb2.StageFailed() if event.stage == "tts":
            return replace(health, tts_down=True)
        case work_pb2.StageFailed() if event.stage == "stt":
            return (
                health if health.stt_down_since_ms is not None else replace(health, stt_down_since_ms=now_ms)
            )
        case synthesis_pb2.SynthesisStarted():
            return replace(health, tts_down=False)
        case speech_pb2.SpeechStarted() if health.stt_down_since_ms is not None:
            since_ms = health.untranscribed_since_ms
            return replace(health, untranscribed_since_ms=now_ms if since_ms is None else since_ms)
        case speech_pb2.TranscriptUpdated() | speech_pb2.TurnEnded():
            return replace(health, stt_down_since_ms=None, untranscribed_since_ms=None)
        case reply_pb2.ReplyFinished(reason="error"):
            return replace(health, failed_answers=health.failed_answers + 1)
        case reply_pb2.ReplyFinished(reason="stop" | "tool_calls" | "length", clauses=clauses) if clauses:
            return replace(health, failed_answers=0)
        case _:
            return health


def decide(
    health: ServiceHealth, conversation: Conversation, *, now_ms: int
) -> RequestFallback | WaitUntil | None:
    """Whether to give up."""
    if conversation.ended or conversation.fallback_requested:
        return None
    if health.tts_down:
        return RequestFallback("tts_unavailable")
    if health.failed_answers >= _ERRORS:
        return RequestFallback("llm_unavailable")
    if health.untranscribed_since_ms is None:
        return None
    until_ms = health.untranscribed_since_ms + _DEAF_MS
    return RequestFallback("stt_unavailable") if now_ms >= until_ms else WaitUntil(until_ms)
