"""Turn latencies as metrics, each at the moment it is known."""

from prometheus_client import CollectorRegistry, Histogram

from parley import telemetry_names as names
from parley.telemetry import TURN_BUCKETS_S
from parley.turn_timings import TurnTiming, TurnTimings, evolve
from parley.v1.event_pb2 import Event


class TurnMetrics:
    """One per process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            names.METRIC_TURN_SECONDS,
            "From the end of the caller's voice to the first sound of the answer, whole and by part",
            ["part"],
            registry=registry,
            buckets=TURN_BUCKETS_S,
        )

    def observe(self, timing: TurnTiming) -> None:
        """Count a turn whose answer is heard."""
        parts = {
            "whole": timing.latency_ms,
            "hearing": timing.hearing_ms,
            "thinking": timing.thinking_ms,
            "speaking": timing.speaking_ms,
            "playing": timing.playing_ms,
        }
        for part, took_ms in parts.items():
            if took_ms is not None:
                self._seconds.labels(part=part).observe(took_ms / 1000)


class TurnWatch:
    """One per call: notices when a turn's answer is heard."""

    def __init__(self, metrics: TurnMetrics) -> None:
        self._metrics = metrics
        self._known = TurnTimings()
        self._counted: set[int] = set()

    def happened(self, event: Event, *, live: bool) -> None:
        """Fold an event; what happened before this owner's time was counted by a former one."""
        self._known = evolve(self._known, event)
        if not event.HasField("playback_started"):
            return
        for timing in self._known.turns:
            if timing.latency_ms is not None and timing.turn not in self._counted:
                self._counted.add(timing.turn)
                if live:
                    self._metrics.observe(timing)
