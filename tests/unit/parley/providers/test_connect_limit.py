"""The time limit for opening a WebSocket."""

from parley.providers.connect_limit import connect_limit
from parley.providers.latency_limits import LatencyLimits
from tests.unit.parley.providers.doubles import make_telemetry


def test_the_limit_belongs_to_a_provider_and_a_host() -> None:
    """Another region has latencies of its own."""
    limits = LatencyLimits(make_telemetry().provider_limit)
    one = connect_limit(limits, "p", "https://a.example/v1", 2.0)

    assert connect_limit(limits, "p", "https://a.example", 2.0) is one
    assert connect_limit(limits, "p", "https://b.example", 2.0) is not one
    assert (one.range.floor_s, one.limit_s(), one.range.ceiling_s) == (1.0, 2.0, 6.0)


def test_the_ceiling_is_the_callers() -> None:
    """A stage that has less time for a handshake gives a lower one."""
    limits = LatencyLimits(make_telemetry().provider_limit)

    assert connect_limit(limits, "p", "https://a.example", 2.0, 2.0).range.ceiling_s == 4.0
