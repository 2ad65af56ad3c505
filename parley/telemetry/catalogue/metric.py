"""One metric as data: its name, kind, labels and meaning, and how to create it in a registry. No I/O."""

from dataclasses import dataclass
from enum import Enum
from types import ModuleType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

EVERY_SERVICE = ("edge", "stt", "brain", "tts", "recorder")
"""Services that run as processes of their own."""
STAGES = ("stt", "brain", "tts", "recorder")
"""Services that own calls through the work queue."""
PROVIDER_STAGES = ("stt", "brain", "tts")
"""Services that make requests to providers."""


class Kind(Enum):
    """Prometheus's type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and the services that export it. The name ends in its unit, and in `_total` for a counter."""

    name: str
    kind: Kind
    text: str
    exported_by: tuple[str, ...]
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, without infinity."""
    label_values: tuple[str, ...] = ()
    """Each label's values, as `label: value, value`, for the documentation."""

    def counter(self, registry: CollectorRegistry | None) -> Counter:
        """Create the counter in a registry, or outside of any, so that it is not exported."""
        return Counter(self.name.removesuffix("_total"), self.text, self.labels, registry=registry)

    def gauge(self, registry: CollectorRegistry | None) -> Gauge:
        """Create the gauge in a registry, or outside of any."""
        return Gauge(self.name, self.text, self.labels, registry=registry)

    def histogram(self, registry: CollectorRegistry | None) -> Histogram:
        """Create the histogram in a registry, or outside of any."""
        return Histogram(self.name, self.text, self.labels, registry=registry, buckets=self.buckets)


def counter(name: str, text: str, exported_by: tuple[str, ...], *labels: str, **values: str) -> Metric:
    """Declare a counter; `values` documents the values of its labels."""
    return Metric(name, Kind.COUNTER, text, exported_by, labels, label_values=_documented(values))


def gauge(name: str, text: str, exported_by: tuple[str, ...], *labels: str, **values: str) -> Metric:
    """Declare a gauge; `values` documents the values of its labels."""
    return Metric(name, Kind.GAUGE, text, exported_by, labels, label_values=_documented(values))


def histogram(
    name: str,
    text: str,
    exported_by: tuple[str, ...],
    buckets: tuple[float, ...],
    *labels: str,
    **values: str,
) -> Metric:
    """Declare a histogram; `values` documents the values of its labels."""
    return Metric(name, Kind.HISTOGRAM, text, exported_by, labels, buckets, _documented(values))


def declared_in(module: ModuleType) -> tuple[Metric, ...]:
    """All metrics that a module declares, in order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Metric))


def _documented(values: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{label}: {text}" for label, text in values.items())
