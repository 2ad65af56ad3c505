"""The limits for the responses of a speech-to-speech model."""

import pytest

from parley.providers.latency_limits import LatencyLimits
from services.brain.realtime.response_limits import ResponseLimits, response_limits
from tests.unit.parley.providers.doubles import make_telemetry


@pytest.fixture
def limits() -> ResponseLimits:
    return response_limits(LatencyLimits(make_telemetry().provider_limit), "openai", "m", 6.0)


def test_a_model_that_answers_fast_is_left_early(limits: ResponseLimits) -> None:
    """One answer shows it; one response that hangs does not prove that it has become slow."""
    first = limits.first(is_text=False)
    assert first.short_limit_s() == 2.0
    first.observe(0.5)
    assert first.short_limit_s() == 1.5
    first.left_early(1.5)
    assert first.short_limit_s() == 1.5


def test_a_model_that_is_always_slow_gets_more_time(limits: ResponseLimits) -> None:
    """Without an answer at once, otherwise after three responses in succession."""
    limits.pause.left_early(1.5)
    assert limits.pause.short_limit_s() == 5.0
    limits.first_of_text.observe(0.5)
    for _ in range(3):
        limits.first_of_text.left_early(1.5)
    assert limits.first_of_text.short_limit_s() == 6.0


def test_a_short_setting_is_never_exceeded() -> None:
    """`realtime.timeout_s` may be shorter than the usual limits."""
    limits = response_limits(LatencyLimits(make_telemetry().provider_limit), "openai", "m", 0.5)
    assert limits.first(is_text=True).short_limit_s() == 0.5
