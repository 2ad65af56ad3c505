"""Begin and end of a call, and its fallback."""

import pytest

from parley.telemetry.catalogue.calls import CALL_DURATION, CALLS_ENDED, CALLS_STARTED
from parley.telemetry.catalogue.quality import FALLBACKS
from parley.v1.call_pb2 import DIRECTION_INBOUND, DIRECTION_OUTBOUND, CallEnded, CallStarted
from parley.v1.reply_pb2 import FallbackRequested
from services.recorder.metrics.call_outcomes import CallOutcomes
from tests.unit.recorder.metrics.observed import observe, shown, simplified

STARTED = (0, CallStarted(direction=DIRECTION_OUTBOUND))


def test_a_call_is_counted_once_at_each_end() -> None:
    """Also if its events are repeated."""
    ended = (9000, CallEnded(reason="hangup", duration_ms=9000))
    assert simplified(observe(CallOutcomes(), (STARTED, STARTED, ended, ended))) == [
        shown(CALLS_STARTED, direction="outbound"),
        shown(CALLS_ENDED, direction="outbound", reason="hangup"),
        shown(CALL_DURATION, 9.0, direction="outbound"),
    ]


def test_an_unknown_reason_makes_no_label() -> None:
    """The number of time series is bounded, also with events of a later version."""
    events = ((0, CallStarted(direction=DIRECTION_INBOUND)), (1, CallEnded(reason="x-17")))
    assert simplified(observe(CallOutcomes(), events))[1] == shown(
        CALLS_ENDED, direction="inbound", reason="unknown"
    )


@pytest.mark.parametrize("reason", ["stt_unavailable", "llm_unavailable", "tts_unavailable"])
def test_a_requested_fallback_is_counted_once(reason: str) -> None:
    requested, ended = (5, FallbackRequested(reason=reason)), (9, CallEnded(reason="fallback"))
    found = simplified(observe(CallOutcomes(), (STARTED, requested, requested, ended)))

    assert [one for one in found if one[0] == FALLBACKS.name] == [shown(FALLBACKS, reason=reason)]


def test_a_fallback_without_request_is_due_to_the_stream() -> None:
    """Twilio requests it when it cannot open a media stream."""
    found = simplified(observe(CallOutcomes(), (STARTED, (9, CallEnded(reason="fallback")))))

    assert shown(FALLBACKS, reason="stream_unavailable") in found
