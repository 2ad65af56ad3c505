"""Turn latencies as metrics, observed when a turn has been answered."""

from prometheus_client import CollectorRegistry, Histogram

from parley.latency.projection import TurnLatencies, evolve
from parley.latency.turn import TurnLatency
from parley.telemetry import names
from parley.telemetry.setup import TURN_BUCKETS_S
from parley.telemetry.trace_context import trace_id
from parley.v1.event_pb2 import Event


class TurnMetrics:
    """One per process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            names.METRIC_TURN_SECONDS,
            "From the end of the caller's voice to the first sound of the answer; its parts; what of it was"
            " Parley's own; line: from that sound's sending to its being heard, by the first mark",
            ["part"],
            registry=registry,
            buckets=TURN_BUCKETS_S,
        )

    def observe(self, call_sid: str, timing: TurnLatency) -> None:
        """Observe an answered turn; the exemplar of each figure is its trace id."""
        parts = {
            "total": timing.latency_ms,
            **timing.parts_ms,
            "playout_delay": timing.playout_delay_ms,
            "overhead": timing.overhead_ms,
        }
        exemplar = {"trace_id": f"{trace_id(call_sid, timing.turn):032x}"}
        for part, took_ms in parts.items():
            if took_ms is not None:
                self._seconds.labels(part=part).observe(took_ms / 1000, exemplar)


_ENDS_WITHOUT_MARK = ("playback_paused", "barge_in", "turn_ended", "call_ended")


class TurnObserver:
    """One per call: notices when a turn's answer is heard, and when the call is over."""

    def __init__(self, metrics: TurnMetrics, call_sid: str) -> None:
        self._metrics = metrics
        self._call_sid = call_sid
        self._latencies = TurnLatencies()
        self._observed: set[int] = set()

    def apply(self, event: Event, *, live: bool) -> None:
        """Fold an event; what happened before this owner's time was counted by a former one."""
        self._latencies = evolve(self._latencies, event)
        cut_short = event.WhichOneof("body") in _ENDS_WITHOUT_MARK
        for timing in self._latencies.turns:
            if timing.turn in self._observed or timing.latency_ms is None:
                continue
            if cut_short or timing.first_played_ms is not None:
                self._observed.add(timing.turn)
                if live:
                    self._metrics.observe(self._call_sid, timing)
