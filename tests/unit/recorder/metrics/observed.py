"""Applies a call's events to a fold and shows the observations in a form that tests compare."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from parley.events.envelope import Body, event_body
from parley.telemetry.catalogue.metric import Metric
from services.recorder.metrics.observation import Observation
from tests.event_factories import events_of


class Fold(Protocol):
    """A fold over a call's events."""

    def apply(self, body: Body | None, at_ms: int) -> Sequence[Observation]:
        """Return what an event adds to the metrics."""


def observe(fold: Fold, timed: Iterable[tuple[int, Body]]) -> list[Observation]:
    """All observations from pairs of call time (ms) and body."""
    pairs = list(timed)
    return [
        observation
        for event, (at_ms, _) in zip(events_of(*pairs), pairs, strict=True)
        for observation in fold.apply(event_body(event), at_ms)
    ]


def shown(metric: Metric, value: float = 1.0, **labels: str) -> tuple[str, dict[str, str], float]:
    """An observation in the form of `simplified`."""
    return metric.name, labels, value


def simplified(observations: Iterable[Observation]) -> list[tuple[str, dict[str, str], float]]:
    """Name, labels and value of each observation."""
    return [(one.metric.name, dict(one.labels), one.value) for one in observations]
