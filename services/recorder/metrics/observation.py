"""Observations from a call's log, and the process's metrics to which they are added."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram

from parley.telemetry.catalogue import calls, cost, quality, turns
from parley.telemetry.catalogue.metric import Kind, Metric
from parley.telemetry.trace_context import trace_id

_METRICS = (
    *(turns.TURN_LATENCY, turns.TURN_PART, turns.TURN_OVERHEAD, turns.TURN_PLAYOUT_DELAY),
    *(quality.TURNS, quality.DEAD_AIR, quality.INTERRUPTIONS, quality.REPLIES, quality.SPECULATIONS),
    *(
        quality.FALLBACKS,
        quality.KNOWLEDGE_SEARCHES,
        quality.KNOWLEDGE_SEARCH_SECONDS,
        cost.SPECULATION_DISCARDED_CHARACTERS,
    ),
    *(calls.CALLS_STARTED, calls.CALLS_ENDED, calls.CALL_DURATION),
)


@dataclass(frozen=True, slots=True)
class Observation:
    """An amount to add to a counter, or to observe in a histogram, of the call's agent."""

    metric: Metric
    labels: Mapping[str, str] = field(default_factory=dict)
    """The labels besides `agent`."""
    value: float = 1.0
    turn: int = 0
    """The caller's turn that it concerns, whose trace is the exemplar; 0 for none."""


class RecorderMetrics:
    """The metrics that a recorder computes from its calls' logs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in _METRICS:
            if metric.kind is Kind.COUNTER:
                self._counters[metric] = metric.counter(registry)
            else:
                self._histograms[metric] = metric.histogram(registry)

    def add(self, observation: Observation, *, call_sid: str, agent: str) -> None:
        """Add an observation of a call."""
        labels = {"agent": agent, **observation.labels}
        if observation.metric.kind is Kind.COUNTER:
            self._counters[observation.metric].labels(**labels).inc(observation.value)
            return
        exemplar = {"trace_id": f"{trace_id(call_sid, observation.turn):032x}"} if observation.turn else None
        self._histograms[observation.metric].labels(**labels).observe(observation.value, exemplar)
