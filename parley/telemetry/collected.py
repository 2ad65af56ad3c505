"""Exports values that are read when Prometheus scrapes them, in the event loop."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from parley.telemetry.catalogue.metric import Kind, Metric

Values = Mapping[tuple[str, ...], float]
"""Values by the values of the metric's labels; a series that has no value is missing."""


class Collected(Collector):
    """A counter or gauge whose values a function returns."""

    def __init__(self, metric: Metric, read: Callable[[], Values]) -> None:
        self._metric = metric
        self._read = read

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """The metric with the present values."""
        metric = self._metric
        family: CounterMetricFamily | GaugeMetricFamily
        if metric.kind is Kind.COUNTER:
            family = CounterMetricFamily(metric.name, metric.text, labels=metric.labels)
        else:
            family = GaugeMetricFamily(metric.name, metric.text, labels=metric.labels)
        for labels, value in self._read().items():
            family.add_metric(labels, value)
        yield family

    def describe(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """The metric without values, by which the registry refuses a second one of the same name."""
        metric = self._metric
        kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
        yield kind(metric.name, metric.text, labels=metric.labels)
