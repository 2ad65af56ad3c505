"""Expectations of times that hold, and that do not."""

import pytest

from cli.testing.expectations import times
from cli.testing.expectations.values import Check
from parley.v1.call_pb2 import CallStarted
from tests.unit.cli.testing.call_events import outcome


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (times.latency({"max_ms": 1200, "p50_ms": 1100}), ""),
        (times.latency({"max_ms": 1000}), "max_ms 1200 (expected up to 1000); the turns took [1200, 900] ms"),
        (times.latency({"p50_ms": 1000}), "p50_ms 1050"),
        (times.duration({"min": 10, "max": 12}), ""),
        (times.duration({"max": 11}), "the call lasted 12.0 s"),
        (times.ended_by("agent"), ""),
        (times.ended_by(["completed", "agent"]), ""),
        (times.ended_by("completed"), "expected the call to end by completed, got 'agent'"),
    ],
)
def test_an_expectation_of_times(check: Check, message: str) -> None:
    got = check(outcome())

    assert message in got
    assert bool(got) == bool(message)


def test_a_call_without_answers_fulfils_no_latency() -> None:
    assert "no turn was answered" in times.latency({"max_ms": 1})(outcome((0, CallStarted())))


def test_times_on_the_line() -> None:
    spoken = outcome(
        agent_speech=[{"start_ms": 700, "end_ms": 900}],
        barge_ins=[{"spoke_at_ms": 800, "agent_silent_after_ms": 120}],
    )

    assert not times.first_audio_within(700)(spoken)
    assert "got it after 700 ms" in times.first_audio_within(600)(spoken)
    assert not times.silent_within(120)(spoken)
    assert "silent only [120.0] ms" in times.silent_within(100)(spoken)


def test_pauses_of_the_agent() -> None:
    """A pause in which the caller speaks is not one of the agent."""
    spoken = outcome(
        agent_speech=[
            {"start_ms": 700, "end_ms": 900},
            {"start_ms": 1400, "end_ms": 1800},
            {"start_ms": 4000, "end_ms": 4500},
        ],
        caller_speech=[{"text": "yes", "start_ms": 2000, "end_ms": 3000}],
    )

    assert not times.pauses_within(500)(spoken)
    assert "paused for [500] ms, expected up to 400" in times.pauses_within(400)(spoken)
