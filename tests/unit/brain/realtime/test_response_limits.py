"""The limits for the responses of a speech-to-speech model."""

import pytest

from parley.providers.latency_limits import LatencyLimits
from services.brain.realtime.response_limits import ResponseLimits, left, response_limits, short_limit_s
from tests.unit.parley.providers.doubles import make_telemetry


@pytest.fixture
def limits() -> ResponseLimits:
    return response_limits(LatencyLimits(make_telemetry().provider_limit), "openai", "m", 6.0)


def test_a_model_that_answers_fast_is_left_early(limits: ResponseLimits) -> None:
    """One answer shows it; one response that hangs does not prove that it has become slow."""
    first = limits.first(is_text=False)
    assert short_limit_s(first) == 2.0
    first.observe(0.5)
    assert short_limit_s(first) == 1.5
    left(first, 1.5)
    assert short_limit_s(first) == 1.5


def test_a_model_that_is_always_slow_gets_more_time(limits: ResponseLimits) -> None:
    """Without an answer at once, otherwise after three responses in succession."""
    left(limits.pause, 1.5)
    assert short_limit_s(limits.pause) == 5.0
    limits.first_of_text.observe(0.5)
    for _ in range(3):
        left(limits.first_of_text, 1.5)
    assert short_limit_s(limits.first_of_text) == 6.0


def test_a_short_setting_is_never_exceeded() -> None:
    """`realtime.timeout_s` may be shorter than the usual limits."""
    limits = response_limits(LatencyLimits(make_telemetry().provider_limit), "openai", "m", 0.5)
    assert short_limit_s(limits.first(is_text=True)) == 0.5
