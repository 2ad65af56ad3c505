"""Time limits learned from latencies."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge

from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange

RANGE = LimitRange(floor_s=1.0, initial_s=2.0, ceiling_s=6.0)
LABELS = ["provider", "model", "region", "output"]


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """The current time."""
        return self.now_s


def limit_after(*latencies_s: float) -> float:
    """The limit after these latencies."""
    limit = LatencyLimit(RANGE, Clock())
    for seconds in latencies_s:
        limit.observe(seconds)
    return limit.limit_s()


def key(model: str) -> LatencyKey:
    """The key of a model."""
    return LatencyKey("test", model, "api.example", "first_audio")


def test_without_observations_the_initial_value_applies() -> None:
    """The same holds for a few fast requests."""
    assert limit_after() == 2.0
    assert limit_after(0.1, 0.1, 0.1, 0.1) == 2.0


def test_the_limit_follows_the_high_latencies() -> None:
    """The limit is a multiple of the high latencies, up to the ceiling."""
    assert limit_after(*[0.1] * 20) == 1.0
    assert limit_after(*[0.6] * 20) == pytest.approx(1.8)
    assert limit_after(*[5.0] * 20) == 6.0


def test_one_outlier_has_no_effect_and_two_have() -> None:
    """Among many fast requests one slow one may be chance."""
    assert limit_after(*[0.1] * 40, 5.0) == 1.0
    assert limit_after(*[0.1] * 40, 5.0, 5.0) == 6.0


def test_outliers_are_forgotten() -> None:
    """Later latencies weigh more."""
    assert limit_after(*[5.0] * 10, *[0.1] * 63) == 1.0


def test_the_short_limit_follows_answers_only() -> None:
    """A provider that hangs again is left as early again; one that is always slow is not."""
    limit = LatencyLimit(RANGE, Clock())
    assert limit.short_limit_s() == limit.limit_s()
    limit.observe(0.1)
    limit.timed_out(2.0)
    for _ in range(2):
        limit.left_early(1.0)
        assert limit.short_limit_s() == 1.0 < limit.limit_s()
    limit.left_early(1.0)
    assert limit.short_limit_s() == limit.limit_s()
    for _ in range(20):
        limit.observe(0.5)
    assert limit.short_limit_s() == pytest.approx(1.5)
    for _ in range(40):
        limit.observe(3.0)
    assert limit.short_limit_s() == limit.limit_s() == 6.0


def test_the_usual_latency_is_that_of_answers_only() -> None:
    """A provider that hangs does not become slow by that."""
    limit = LatencyLimit(RANGE, Clock())
    assert limit.usual_s() == 0
    limit.timed_out(2.0)
    assert limit.usual_s() == 0
    for _ in range(20):
        limit.observe(0.1)
    limit.timed_out(2.0)
    assert limit.usual_s() == 0.1


def test_timeouts_raise_the_limit_until_the_provider_can_answer() -> None:
    """A provider that has become slow succeeds after a few attempts."""
    limit = LatencyLimit(LimitRange(floor_s=0.5, initial_s=1.0, ceiling_s=10.0), Clock())
    for _ in range(64):
        limit.observe(0.1)
    attempts = 0
    while limit.limit_s() < 2.5:
        limit.timed_out(limit.limit_s())
        attempts += 1

    assert attempts <= 4


def test_old_observations_expire() -> None:
    """A provider that was idle may be cold."""
    clock = Clock()
    limit = LatencyLimit(RANGE, clock)
    for _ in range(20):
        limit.observe(0.1)
    assert limit.limit_s() == 1.0
    clock.now_s = 1801

    assert limit.limit_s() == 2.0


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=100),
    st.floats(0.1, 2),
    st.floats(1, 3),
    st.floats(1, 3),
)
def test_a_limit_is_always_in_its_range(
    events: list[tuple[bool, float]], floor_s: float, initial: float, ceiling: float
) -> None:
    """The observations may have any value and order."""
    bounds = LimitRange(floor_s, floor_s * initial, floor_s * initial * ceiling)
    limit = LatencyLimit(bounds, Clock())
    for timed_out, seconds in events:
        (limit.timed_out if timed_out else limit.observe)(seconds)
        assert bounds.floor_s <= limit.limit_s() <= bounds.ceiling_s


@given(st.lists(st.floats(0, 3), min_size=5, max_size=64), st.floats(0.1, 3))
def test_slower_latencies_never_lower_the_limit(latencies_s: list[float], more_s: float) -> None:
    """The limit is monotonic in the latencies."""
    assert limit_after(*(s + more_s for s in latencies_s)) >= limit_after(*latencies_s)


@pytest.mark.parametrize("values", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_a_range_is_checked(values: tuple[float, float, float]) -> None:
    """The floor is positive, the initial value is between floor and ceiling."""
    with pytest.raises(ValueError, match="floor_s"):
        LimitRange(*values)


async def test_a_block_is_measured() -> None:
    """A timeout, an error of the block and a success are distinguished."""
    clock = Clock()
    limit = LatencyLimit(LimitRange(0.01, 0.01, 6.0), clock)
    async with limit.measure():
        clock.now_s = 1.0
    assert limit.limit_s() == 3.0
    limit = LatencyLimit(LimitRange(0.01, 0.01, 6.0))
    with pytest.raises(TimeoutError):
        async with limit.measure():
            await asyncio.Event().wait()
    assert limit.limit_s() > 0.01
    limit = LatencyLimit(RANGE)
    with pytest.raises(TimeoutError):
        async with limit.measure():
            raise TimeoutError
    assert limit.limit_s() == 2.0


def test_each_key_has_one_limit_and_one_metric() -> None:
    """The same key has one limit; the least recently used of too many is forgotten."""
    registry = CollectorRegistry()
    limits = LatencyLimits(Gauge("limit", "x", LABELS, registry=registry), Clock())
    first = limits.get(key("m0"), RANGE)
    for _ in range(5):
        first.observe(0.1)

    assert limits.get(key("m0"), RANGE) is first
    labels = dict(zip(LABELS, ("test", "m0", "api.example", "first_audio"), strict=True))
    assert registry.get_sample_value("limit", labels) == 1.0
    for number in range(1, 257):
        limits.get(key(f"m{number}"), RANGE)
    assert registry.get_sample_value("limit", labels) is None
    assert limits.get(key("m0"), RANGE) is not first
