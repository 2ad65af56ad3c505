"""Turn latencies as metrics, observed when a turn has been answered."""

from prometheus_client import CollectorRegistry

from parley.latency.projection import TurnLatencies, evolve
from parley.latency.turn import TurnLatency
from parley.telemetry.catalogue.turns import TURN_LATENCY, TURN_OVERHEAD, TURN_PART, TURN_PLAYOUT_DELAY
from parley.telemetry.trace_context import trace_id
from parley.v1.event_pb2 import Event


class TurnMetrics:
    """The process's histograms of turn latencies."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._latency = TURN_LATENCY.histogram(registry)
        self._part = TURN_PART.histogram(registry)
        self._overhead = TURN_OVERHEAD.histogram(registry)
        self._playout_delay = TURN_PLAYOUT_DELAY.histogram(registry)

    def observe(self, call_sid: str, agent: str, latency: TurnLatency) -> None:
        """Observe an answered turn; the exemplar of each figure is its trace id."""
        exemplar = {"trace_id": f"{trace_id(call_sid, latency.turn):032x}"}
        whole = (
            (self._latency, latency.latency_ms),
            (self._overhead, latency.overhead_ms),
            (self._playout_delay, latency.playout_delay_ms),
        )
        for histogram, took_ms in whole:
            if took_ms is not None:
                histogram.labels(agent=agent).observe(took_ms / 1000, exemplar)
        for part, took_ms in latency.parts_ms.items():
            labels = {"agent": agent, "part": part, "provider": "", "model": ""}
            self._part.labels(**labels).observe(took_ms / 1000, exemplar)


_ENDS_WITHOUT_MARK = ("playback_paused", "barge_in", "turn_ended", "call_ended")
"""Events after which the reply's first playback mark can no longer be expected."""


class TurnObserver:
    """Observes each turn of one call in the metrics, once, when the reply to it has been played."""

    def __init__(self, metrics: TurnMetrics, call_sid: str, agent: str) -> None:
        self._metrics = metrics
        self._call_sid = call_sid
        self._agent = agent
        self._latencies = TurnLatencies()
        self._pending: set[int] = set()
        """Turns that have ended but were not observed yet; only these are examined at each event."""
        self._observed: set[int] = set()

    def apply(self, event: Event, *, live: bool) -> None:
        """Apply an event; turns answered before the takeover (not `live`) were already observed."""
        self._latencies = evolve(self._latencies, event)
        if event.HasField("turn_ended") and event.turn_ended.turn not in self._observed:
            self._pending.add(event.turn_ended.turn)
        ended = event.WhichOneof("body") in _ENDS_WITHOUT_MARK
        for turn in sorted(self._pending):
            latency = self._latencies.turn(turn)
            if latency.latency_ms is not None and (ended or latency.first_played_ms is not None):
                self._pending.discard(turn)
                self._observed.add(turn)
                if live:
                    self._metrics.observe(self._call_sid, self._agent, latency)
