"""PromQL from the metrics of the catalogue, so that each query names metrics that exist. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from parley.telemetry.catalogue.metric import Kind, Metric

WINDOW = "$__rate_interval"
"""Window of rates in graphs: at least four scrapes, and at least one step of the graph."""
RANGE = "$__range"
"""Time range that the dashboard shows."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The dashboard's variables that select series: each applies to the metrics that have its label."""

    labels: tuple[str, ...] = ()

    def select(self, metric: Metric, suffix: str = "", where: Mapping[str, str] | None = None) -> str:
        """Selector of the metric's series; `where` adds label matchers, as `{"outcome": '="ok"'}`.

        Raises:
            ValueError: the metric has no such label.
        """
        extra = dict(where or {})
        for label in extra:
            if label not in (*metric.labels, "le"):
                raise ValueError(f"{metric.name} has no label {label}")
        matchers = ['namespace=~"$namespace"']
        matchers += [f'{x}=~"${x}"' for x in self.labels if x in metric.labels and x not in extra]
        matchers += [f"{label}{matcher}" for label, matcher in extra.items()]
        return f"{metric.name}{suffix}{{{', '.join(matchers)}}}"

    def rate(self, metric: Metric, *by: str, where: Mapping[str, str] | None = None) -> str:
        """Events per second, summed by labels; no series without events."""
        return f"{_sum(by)} (rate({self.select(metric, _total(metric), where)}[{WINDOW}]))"

    def per_second(self, metric: Metric, *by: str, where: Mapping[str, str] | None = None) -> str:
        """Events per second, summed by labels; zero without events."""
        return or_zero(self.rate(metric, *by, where=where), *by)

    def per_minute(self, metric: Metric, *by: str, where: Mapping[str, str] | None = None) -> str:
        """Events per minute, summed by labels; zero without events."""
        return or_zero(f"60 * {self.rate(metric, *by, where=where)}", *by)

    def events(
        self, metric: Metric, *by: str, window: str = RANGE, where: Mapping[str, str] | None = None
    ) -> str:
        """Number of events in the window, summed by labels; zero without events.

        A series appears with its first event, which `increase` does not count: a new series counts whole.
        """
        series = self.select(metric, _total(metric), where)
        return or_zero(self._grown(series, window, by), *by)

    def increase(self, metric: Metric, *by: str, where: Mapping[str, str] | None = None) -> str:
        """Growth of counters over the dashboard's time range by labels; no series without events.

        As in `events`, a new series counts whole.
        """
        return self._grown(self.select(metric, _total(metric), where), RANGE, by)

    def seconds(self, metric: Metric) -> str:
        """Sum of a histogram's observations over the dashboard's time range."""
        return self._grown(self.select(metric, "_sum"), RANGE, ())

    @staticmethod
    def _grown(series: str, window: str, by: tuple[str, ...]) -> str:
        increase = f"increase({series}[{window}])"
        older = f"({increase} and {series} offset {window})"
        # The lowest value of a new series is its first one. A single sample has no increase.
        newer = f"({increase} + min_over_time({series}[{window}]))"
        return f"{_sum(by)} ({older} or {newer} or last_over_time({series}[{window}]))"

    def quantile(self, q: float, metric: Metric, *by: str, window: str = WINDOW) -> str:
        """Quantile of a histogram by labels."""
        rate = f"rate({self.select(metric, '_bucket')}[{window}])"
        return f"histogram_quantile({q}, {_sum(('le', *by))} ({rate}))"

    def mean(self, metric: Metric, *by: str, window: str = WINDOW) -> str:
        """Mean of a histogram by labels."""
        total, count = (f"rate({self.select(metric, x)}[{window}])" for x in ("_sum", "_count"))
        return f"{_sum(by)} ({total}) / {_sum(by)} ({count})"

    def share_within(self, metric: Metric, bound_s: float, *by: str, window: str = WINDOW) -> str:
        """Share of a histogram's observations up to one of its bounds.

        Raises:
            ValueError: the histogram has no such bound.
        """
        if bound_s not in metric.buckets:
            raise ValueError(f"{metric.name} has no bucket of {bound_s} s: {metric.buckets}")
        within = self.select(metric, "_bucket", {"le": f'="{bound_s}"'})
        rates = (f"{_sum(by)} (rate({x}[{window}]))" for x in (within, self.select(metric, "_count")))
        return " / ".join(rates)

    def gauge(self, operator: str, metric: Metric, *by: str, where: Mapping[str, str] | None = None) -> str:
        """Gauge of all processes, aggregated by labels."""
        return f"{operator}{_by(by)} ({self.select(metric, where=where)})"


def or_zero(expression: str, *by: str) -> str:
    """The expression, or one series of value 0 with the labels `none` when it has no series."""
    zero = "vector(0)"
    for label in by:
        zero = f'label_replace({zero}, "{label}", "none", "", "")'
    return f"{expression} or on () {zero}"


def ratio(part: str, whole: str) -> str:
    """Quotient; without a result (a gap in the graph) when the whole is zero."""
    return f"({part}) / (({whole}) > 0)"


def constants(values: Mapping[str, float], label: str) -> str:
    """One constant series per entry, with the entry's name as its label."""
    series = (
        f'label_replace(vector({value}), "{label}", "{name}", "", "")' for name, value in values.items()
    )
    return " or ".join(series)


def _total(metric: Metric) -> str:
    return "_count" if metric.kind is Kind.HISTOGRAM else ""


def _sum(by: tuple[str, ...]) -> str:
    return f"sum{_by(by)}"


def _by(by: tuple[str, ...]) -> str:
    return f" by ({', '.join(by)})" if by else ""
