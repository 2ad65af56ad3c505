"""Escalation: Twilio continues the call if a stage stays unavailable. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2, work_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.policies.turn_taking import WaitUntil

_MAX_FAILED_ANSWERS = 2
"""Consecutive answers for which every model failed; the first ends with an apology."""
_STT_DOWN_TIMEOUT_MS = 10_000
"""Maximum time that a caller may speak while speech is not transcribed."""


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """Current failures of the stages."""

    failed_answers: int = 0
    """Consecutive answers for which every model failed."""
    tts_down: bool = False
    """Whether the last reply could not be synthesized by any route."""
    stt_down_since_ms: int | None = None
    untranscribed_since_ms: int | None = None
    """Call time at which the caller first spoke while stt was down."""


@dataclass(frozen=True, slots=True)
class RequestFallback:
    """Request that Twilio continue the call with the agent's fallback."""

    reason: str
    """`stt_unavailable`, `llm_unavailable` or `tts_unavailable`."""


def evolve(health: ServiceHealth, event: Event, *, now_ms: int) -> ServiceHealth:
    """Return the health after an event that arrived at `now_ms` (call time)."""
    match event_body(event):
        case work_pb2.StageFailed() if event.stage == "tts":
            return replace(health, tts_down=True)
        case work_pb2.StageFailed() if event.stage == "stt":
            if health.stt_down_since_ms is not None:
                return health
            return replace(health, stt_down_since_ms=now_ms)
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
    """Return whether to request the fallback, or the time at which to decide again."""
    if conversation.ended or conversation.fallback_requested:
        return None
    if health.tts_down:
        return RequestFallback("tts_unavailable")
    if health.failed_answers >= _MAX_FAILED_ANSWERS:
        return RequestFallback("llm_unavailable")
    if health.untranscribed_since_ms is None:
        return None
    until_ms = health.untranscribed_since_ms + _STT_DOWN_TIMEOUT_MS
    return RequestFallback("stt_unavailable") if now_ms >= until_ms else WaitUntil(until_ms)
