"""When a call is given to Twilio to end."""

from functools import reduce

import pytest

from parley.events.envelope import Body, wrap
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import FallbackRequested, ReplyFinished
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated
from parley.v1.synthesis_pb2 import SynthesisStarted
from parley.v1.work_pb2 import StageFailed
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.policies.escalation import RequestFallback, ServiceHealth, decide, evolve
from services.brain.policies.turn_taking import WaitUntil

ERROR = ReplyFinished(reply_id="r1", clauses=1, reason="error")
WELL = ReplyFinished(reply_id="r2", clauses=1, reason="stop")
FAILED = StageFailed(code="unavailable")
SPOKE = SpeechStarted(at_ms=1000)


def event(stage: str, body: Body) -> Event:
    """Said by a stage."""
    return wrap(body, call_sid="CA1", stage=stage, epoch=1, sequence=1, sent_at_us=0, traceparent="")


def decided(
    *events: Event, now_ms: int = 1000, known: Conversation | None = None
) -> RequestFallback | WaitUntil | None:
    """After these, all of which came at 1000 ms."""
    trouble = reduce(lambda before, e: evolve(before, e, now_ms=1000), events, ServiceHealth())
    return decide(trouble, known or Conversation(), now_ms=now_ms)


@pytest.mark.parametrize(
    ("bodies", "wanted"),
    [
        ([], None),
        ([ERROR], None),
        ([ERROR, ERROR], RequestFallback("llm_unavailable")),
        ([ERROR, WELL, ERROR], None),
    ],
)
def test_two_answers_in_a_row_that_no_model_gave(bodies: list[Body], wanted: RequestFallback | None) -> None:
    """After the first the caller is asked to say it again."""
    assert decided(*(event("brain", body) for body in bodies)) == wanted


def test_a_reply_that_nobody_could_speak() -> None:
    """Whatever would be said next could not be said either; unless something is spoken after all."""
    assert decided(event("tts", FAILED)) == RequestFallback("tts_unavailable")
    assert decided(event("tts", FAILED), event("tts", SynthesisStarted(reply_id="r2"))) is None


def test_a_caller_who_speaks_to_nobody() -> None:
    """For ten seconds, in which a transcriber may come back."""
    failed, spoke = event("stt", FAILED), event("stt", SPOKE)

    assert decided(failed) is None
    assert decided(failed, spoke) == WaitUntil(11_000)
    assert decided(failed, spoke, now_ms=11_000) == RequestFallback("stt_unavailable")
    assert (
        decided(failed, spoke, event("stt", TranscriptUpdated(turn=1, text="hello")), now_ms=11_000) is None
    )


def test_it_is_said_once() -> None:
    """What follows is Twilio's."""
    known = conversation.evolve(Conversation(), event("brain", FallbackRequested(reason="tts_unavailable")))

    assert decided(event("tts", FAILED), known=known) is None
