"""Time limits for a voice's audio."""

import pytest

from parley.providers.latency_limits import LatencyLimits
from services.tts.audio_limits import audio_limits
from tests.unit.parley.providers.doubles import make_telemetry


def test_the_first_audio_of_a_connection_never_gets_less_than_the_setting() -> None:
    """Later audio may get half of it; both follow the measured latencies up to three times the setting."""
    limits = audio_limits(LatencyLimits(make_telemetry().provider_limit), "p", "m", 2.0)
    assert (limits.first_audio(warm=False).limit_s(), limits.first_audio(warm=True).limit_s()) == (2.5, 2.0)
    for limit in (limits.cold, limits.warm):
        for _ in range(20):
            limit.observe(0.1)

    assert (limits.cold.limit_s(), limits.warm.limit_s()) == (2.0, 1.0)
    for _ in range(20):
        limits.cold.timed_out(2.0)
    assert limits.cold.limit_s() == 6.0


def test_calls_of_a_process_share_the_limits_of_a_model() -> None:
    """Another model has its own."""
    limits = LatencyLimits(make_telemetry().provider_limit)

    assert audio_limits(limits, "p", "m", 2.0).cold is audio_limits(limits, "p", "m", 2.0).cold
    assert audio_limits(limits, "p", "m", 2.0).cold is not audio_limits(limits, "p", "n", 2.0).cold


def test_audio_is_overdue_after_its_usual_latency_and_some_more() -> None:
    """Earlier for a voice beside a silent one; at most after the limit."""
    limits = audio_limits(LatencyLimits(make_telemetry().provider_limit), "p", "m", 2.0)
    assert limits.overdue_s(warm=True, beside=False) == limits.pause_s(beside=False) == 0.5
    assert limits.overdue_s(warm=True, beside=True) == limits.pause_s(beside=True) == pytest.approx(0.35)
    for _ in range(20):
        limits.warm.observe(0.5)
    assert limits.overdue_s(warm=True, beside=False) == limits.overdue_s(warm=True, beside=True) == 0.75
    for _ in range(60):
        limits.warm.observe(5.0)
    assert limits.overdue_s(warm=True, beside=False) == limits.warm.limit_s()
    assert limits.overdue_s(warm=False, beside=False) == 0.5
