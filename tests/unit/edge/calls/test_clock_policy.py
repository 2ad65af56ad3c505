"""Tests of what becomes of a call without a live media stream."""

from dataclasses import replace

import pytest

from parley.v1.call_pb2 import StreamResuming
from services.edge.calls.call_state import CallState
from services.edge.calls.clock_policy import (
    FINAL_STATUSES,
    UNKNOWN,
    ClockDecision,
    ClockLimits,
    EndLog,
    FallBack,
    HangUp,
    Rescue,
    Wait,
    decide,
)

S = 1_000_000
LIMITS = ClockLimits(open_timeout_s=30, max_s=600)
NEVER_OPENED = CallState(started_at_us=100 * S, agent="clinic")
OPEN = replace(NEVER_OPENED, stream_epoch=1)
LOST = replace(OPEN, stop_reason="lost", stopped_at_us=200 * S)
STOPPED = replace(LOST, stop_reason="stop")
REQUESTED = replace(LOST, resuming=StreamResuming(epoch=1, method="rest"), resuming_at_us=250 * S)
FIRST_REQUESTED = replace(NEVER_OPENED, resuming=StreamResuming(method="rest"), resuming_at_us=140 * S)


def at(call: CallState, status: str, second: float) -> ClockDecision:
    """The decision at a second of the wall clock."""
    return decide(call, status, LIMITS, now_us=round(second * S))


@pytest.mark.parametrize("call", [NEVER_OPENED, OPEN, LOST, STOPPED, REQUESTED])
@pytest.mark.parametrize("status", [*sorted(FINAL_STATUSES), "not-found"])
def test_a_call_that_twilio_has_ended_is_ended(call: CallState, status: str) -> None:
    """Without waiting, whatever the log shows."""
    assert at(call, status, 251) == EndLog(status)


def test_a_call_in_progress_gets_a_stream_then_its_fallback() -> None:
    """An announcement or a pause may precede the stream."""
    assert at(NEVER_OPENED, "in-progress", 129) == Wait()
    assert at(NEVER_OPENED, "in-progress", 131) == Rescue()
    assert at(FIRST_REQUESTED, "in-progress", 169) == Wait()
    assert at(FIRST_REQUESTED, "in-progress", 171) == FallBack()
    assert at(LOST, "in-progress", 231) == Rescue()
    assert at(REQUESTED, "in-progress", 281) == FallBack()


@pytest.mark.parametrize("status", ["in-progress", UNKNOWN, "ringing"])
def test_a_call_of_a_dead_edge_gets_a_stream_at_once(status: str) -> None:
    """The log shows an open stream, but no edge has it."""
    assert at(OPEN, status, 201) == Rescue()


def test_a_call_with_a_stopped_stream_is_hung_up() -> None:
    """Twilio or the edge has stopped it on purpose."""
    assert at(STOPPED, "in-progress", 229) == Wait()
    assert at(STOPPED, "in-progress", 231) == HangUp("hangup")


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", UNKNOWN, "new status"])
def test_a_call_ends_after_ten_times_the_timeout(status: str) -> None:
    """Phones ring for up to ten minutes, and Twilio's API may be down."""
    assert at(NEVER_OPENED, status, 399) == Wait()
    assert at(NEVER_OPENED, status, 401) == HangUp("no-stream")
    assert at(LOST, status, 501) == HangUp("stream-lost")
    assert at(REQUESTED, status, 499) == Wait()


@pytest.mark.parametrize("call", [NEVER_OPENED, OPEN, LOST, STOPPED, REQUESTED])
@pytest.mark.parametrize("status", ["in-progress", "ringing", UNKNOWN])
def test_no_call_outlasts_the_limit(call: CallState, status: str) -> None:
    """Twilio's status and the log do not matter."""
    assert at(call, status, 700) == HangUp("max-duration")
