"""The brain's own metrics."""

from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.quality import TOOL_LIMITS


class BrainMetrics:
    """The metrics of one process, shared by its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tool_limits = TOOL_LIMITS.counter(registry)
