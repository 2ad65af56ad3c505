"""Time limits on providers that follow the latencies measured in this process. No I/O.

A limit is a multiple of a high quantile of recent latencies, between a floor and a ceiling. A request that
ran into its limit counts as a slow one, so that a provider that has become slow gets more time instead of
failing each time.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import Gauge

_MAX_OBSERVATIONS = 64
_HALF_LIFE_OBSERVATIONS = 20
"""An observation weighs half as much after this many later ones: two slow requests among recent ones count,
one does not."""
_MAX_AGE_S = 1800.0
"""A provider that was not used for this long may be cold again."""
_MIN_OBSERVATIONS = 5
"""With fewer, a limit is never below its initial value."""
_CENSORED_FACTOR = 1.5
"""A request that timed out would have taken longer than its limit by this factor at least."""
_MAX_LIMITS = 256
_MAX_LEFT_EARLY = 3
"""The circuit of a route opens after the same number of failures."""


@dataclass(frozen=True, slots=True)
class LatencyKey:
    """The output of a provider that a limit applies to."""

    provider: str
    model: str
    region: str
    """Host of the provider's address: latencies differ by region."""
    output: str
    """The output that is waited for, such as `first_token`, `first_audio` or `connected`."""


@dataclass(frozen=True, slots=True)
class LimitRange:
    """The values that a limit can have, in seconds."""

    floor_s: float
    initial_s: float
    """The limit until enough latencies were measured."""
    ceiling_s: float
    quantile: float = 0.95
    factor: float = 3.0
    """The limit is this multiple of the quantile."""

    def __post_init__(self) -> None:
        if not 0 < self.floor_s <= self.initial_s <= self.ceiling_s:
            raise ValueError("0 < floor_s <= initial_s <= ceiling_s")
        if not (0 < self.quantile < 1 and self.factor >= 1):
            raise ValueError("0 < quantile < 1 <= factor")


@dataclass(frozen=True, slots=True)
class _Observation:
    """A measured latency, or a request that timed out."""

    at_s: float
    latency_s: float
    answered: bool


@dataclass(slots=True, eq=False)
class LatencyLimit:
    """One learned limit."""

    range: LimitRange
    now_s: Callable[[], float] = time.monotonic
    changed: Callable[[float], None] = lambda _: None
    """Called with the new limit after each observation."""
    _observed: deque[_Observation] = field(default_factory=lambda: deque(maxlen=_MAX_OBSERVATIONS))
    """Oldest first."""
    _left_early: int = 0
    """Requests since the last answer that were left before the limit."""

    def observe(self, seconds: float) -> None:
        """Record the latency of a request that succeeded."""
        self._left_early = 0
        self._add(_Observation(self.now_s(), max(0.0, seconds), answered=True))

    def timed_out(self, after_s: float) -> None:
        """Record that a request had no result after `after_s`."""
        self._add(_Observation(self.now_s(), after_s * _CENSORED_FACTOR, answered=False))

    def limit_s(self) -> float:
        """The current limit in seconds."""
        bounds, observed = self.range, self._recent()
        if not observed:
            return bounds.initial_s
        measured_s = self._quantile_s(observed) * bounds.factor
        low_s = bounds.floor_s if len(observed) >= _MIN_OBSERVATIONS else bounds.initial_s
        return min(max(measured_s, low_s), bounds.ceiling_s)

    def short_limit_s(self) -> float:
        """The limit in seconds while another request can follow, from the range's floor to the current limit.

        Without an answer, and after several requests in succession that were left early, the provider may be
        slow: it has the whole limit.
        """
        answered = [observation for observation in self._recent() if observation.answered]
        if not answered or self._left_early >= _MAX_LEFT_EARLY:
            return self.limit_s()
        return min(max(self._quantile_s(answered) * self.range.factor, self.range.floor_s), self.limit_s())

    def usual_s(self) -> float:
        """The high quantile of the latencies of answered requests, in seconds; 0 without any."""
        answered = [observation for observation in self._recent() if observation.answered]
        return self._quantile_s(answered) if answered else 0.0

    def left_early(self, after_s: float) -> None:
        """Record that a request had no result within the short limit of `after_s`, which becomes longer."""
        self._left_early += 1
        self.timed_out(after_s)

    @asynccontextmanager
    async def measure(self) -> AsyncIterator[None]:
        """Apply the limit to the block, and record how long it took.

        A block that is cancelled or raises its own error records nothing.

        Raises:
            TimeoutError: the block took longer than the limit.
        """
        limit_s, started_at_s = self.limit_s(), self.now_s()
        scope = asyncio.timeout(limit_s)
        try:
            async with scope:
                yield
        except TimeoutError:
            if scope.expired():
                self.timed_out(limit_s)
            raise
        self.observe(self.now_s() - started_at_s)

    def _add(self, observation: _Observation) -> None:
        self._observed.append(observation)
        self.changed(self.limit_s())

    def _recent(self) -> Sequence[_Observation]:
        oldest_s = self.now_s() - _MAX_AGE_S
        while self._observed and self._observed[0].at_s < oldest_s:
            self._observed.popleft()
        return self._observed

    def _quantile_s(self, observed: Sequence[_Observation]) -> float:
        """The weighted quantile of the observations; later ones weigh more."""
        newest = len(observed) - 1
        weighted = sorted(
            (observation.latency_s, 2.0 ** ((number - newest) / _HALF_LIFE_OBSERVATIONS))
            for number, observation in enumerate(observed)
        )
        wanted = self.range.quantile * sum(weight for _, weight in weighted)
        for seconds, weight in weighted:
            wanted -= weight
            if wanted <= 0:
                return seconds
        return weighted[-1][0]


class LatencyLimits:
    """The learned limits of one process; those unused for longest are forgotten first."""

    def __init__(self, gauge: Gauge, now_s: Callable[[], float] = time.monotonic) -> None:
        self._gauge = gauge
        self._now_s = now_s
        self._limits: OrderedDict[LatencyKey, LatencyLimit] = OrderedDict()

    def get(self, key: LatencyKey, bounds: LimitRange) -> LatencyLimit:
        """The limit of a key; `bounds` apply when it is new or they have changed."""
        limit = self._limits.get(key)
        if limit is None:
            limit = LatencyLimit(bounds, self._now_s, self._gauge_setter(key))
            limit.changed(limit.limit_s())
            self._limits[key] = limit
            if len(self._limits) > _MAX_LIMITS:
                forgotten, _ = self._limits.popitem(last=False)
                self._gauge.remove(*_labels(forgotten))
        limit.range = bounds
        self._limits.move_to_end(key)
        return limit

    def _gauge_setter(self, key: LatencyKey) -> Callable[[float], None]:
        return lambda limit_s: self._gauge.labels(*_labels(key)).set(limit_s)


def _labels(key: LatencyKey) -> tuple[str, str, str, str]:
    """Values of the gauge's labels: provider, model, region, output."""
    return key.provider, key.model, key.region, key.output
