"""The brain's own metrics."""

from prometheus_client import CollectorRegistry, Counter

from parley.telemetry import names


class BrainMetrics:
    """The metrics of one process, shared by its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tool_limits = Counter(
            names.METRIC_TOOL_LIMITS,
            "Answers whose tool calls were limited: rounds, repeated or calls_per_answer",
            ["limit"],
            registry=registry,
        )
