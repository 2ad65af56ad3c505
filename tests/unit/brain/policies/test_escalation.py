"""Tests for the request that Twilio continues the call."""

from functools import reduce

import pytest

from parley.events.envelope import Body
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import FallbackRequested, ReplyFinished
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated
from parley.v1.synthesis_pb2 import SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from services.brain import conversation_fold
from services.brain.conversation import Conversation
from services.brain.policies import escalation
from services.brain.policies.escalation import RequestFallback, ServiceHealth
from services.brain.policies.turn_taking import WaitUntil
from tests.event_factories import event

ERROR = ReplyFinished(reply_id="r1", clauses=1, reason="error")
STOP = ReplyFinished(reply_id="r2", clauses=1, reason="stop")
STT_FAILED = event(StageFailed(code="unavailable"), stage="stt")
TTS_FAILED = event(StageFailed(code="unavailable"), stage="tts")
SPEECH_STARTED = event(SpeechStarted(at_ms=1000), stage="stt")


def decide(
    *events: Event, now_ms: int = 1000, dialogue: Conversation | None = None
) -> RequestFallback | WaitUntil | None:
    """Return the decision at `now_ms` after events that all arrived at call time 1000."""
    health = reduce(lambda state, e: escalation.evolve(state, e, now_ms=1000), events, ServiceHealth())
    return escalation.decide(health, dialogue or Conversation(), now_ms=now_ms)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([], None),
        ([ERROR], None),
        ([ERROR, ERROR], RequestFallback("llm_unavailable")),
        ([ERROR, STOP, ERROR], None),
    ],
)
def test_two_consecutive_failed_answers_request_the_fallback(
    bodies: list[Body], expected: RequestFallback | None
) -> None:
    """The first one ends with an apology and a request to repeat."""
    assert decide(*(event(body, stage="brain") for body in bodies)) == expected


def test_a_failed_synthesis_requests_the_fallback() -> None:
    """No later reply could be synthesized either, unless a synthesis starts."""
    started = event(SynthesisStarted(reply_id="r2"), stage="tts")

    assert decide(TTS_FAILED) == RequestFallback("tts_unavailable")
    assert decide(TTS_FAILED, started) is None


def test_ten_seconds_of_untranscribed_speech_request_the_fallback() -> None:
    """A transcript within that time shows that stt has recovered."""
    transcript = event(TranscriptUpdated(turn=1, text="hello"), stage="stt")

    assert decide(STT_FAILED) is None
    assert decide(STT_FAILED, SPEECH_STARTED) == WaitUntil(11_000)
    assert decide(STT_FAILED, SPEECH_STARTED, now_ms=11_000) == RequestFallback("stt_unavailable")
    assert decide(STT_FAILED, SPEECH_STARTED, transcript, now_ms=11_000) is None


def test_the_fallback_is_requested_once() -> None:
    """From then on Twilio controls the call."""
    requested = event(FallbackRequested(reason="tts_unavailable"), stage="brain")
    dialogue = conversation_fold.evolve(Conversation(), requested)

    assert decide(TTS_FAILED, dialogue=dialogue) is None
