"""Turn latencies as metrics, observed when a turn has been answered."""

from prometheus_client import CollectorRegistry, Histogram

from parley.latency.projection import TurnLatencies, evolve
from parley.latency.turn import TurnLatency
from parley.telemetry import names
from parley.telemetry.setup import TURN_BUCKETS_S
from parley.telemetry.trace_context import trace_id
from parley.v1.event_pb2 import Event


class TurnMetrics:
    """The process's histogram of turn latencies."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            names.METRIC_TURN_SECONDS,
            "From the end of the caller's speech to the first audio of the reply (total), and its parts;"
            " overhead: the share that Parley itself added; playout_delay: from sending that audio to its"
            " first playback mark",
            ["part"],
            registry=registry,
            buckets=TURN_BUCKETS_S,
        )

    def observe(self, call_sid: str, latency: TurnLatency) -> None:
        """Observe an answered turn; the exemplar of each figure is its trace id."""
        parts = {
            "total": latency.latency_ms,
            **latency.parts_ms,
            "playout_delay": latency.playout_delay_ms,
            "overhead": latency.overhead_ms,
        }
        exemplar = {"trace_id": f"{trace_id(call_sid, latency.turn):032x}"}
        for part, took_ms in parts.items():
            if took_ms is not None:
                self._seconds.labels(part=part).observe(took_ms / 1000, exemplar)


_ENDS_WITHOUT_MARK = ("playback_paused", "barge_in", "turn_ended", "call_ended")
"""Events after which the reply's first playback mark can no longer be expected."""


class TurnObserver:
    """Observes each turn of one call in the metrics, once, when the reply to it has been played."""

    def __init__(self, metrics: TurnMetrics, call_sid: str) -> None:
        self._metrics = metrics
        self._call_sid = call_sid
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
                    self._metrics.observe(self._call_sid, latency)
