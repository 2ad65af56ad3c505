"""The brain's own metrics."""

from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.quality import (
    TOOL_CALLS,
    TOOL_FAILURES,
    TOOL_LIMITS,
    TOOL_SECONDS,
    TOOLS_RUNNING,
)
from services.brain.tools.runner import ToolResult

UNKNOWN_TOOL = "unknown"
"""The label of any name that is not a tool of the agent: models invent names."""


class BrainMetrics:
    """The metrics of one process, shared by its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tool_limits = TOOL_LIMITS.counter(registry)
        self.tools_running = TOOLS_RUNNING.gauge(registry)
        self._tool_failures = TOOL_FAILURES.counter(registry)
        self._tool_calls = TOOL_CALLS.counter(registry)
        self._tool_seconds = TOOL_SECONDS.histogram(registry)

    def tool_returned(self, agent: str, tool: str, result: ToolResult) -> None:
        """Count a tool call; `tool` is a tool of the agent file or `UNKNOWN_TOOL`."""
        outcome = "refused" if result.refused else "failed" if result.failed else "ok"
        self._tool_calls.labels(agent=agent, tool=tool, outcome=outcome).inc()
        if result.failed:
            reason = "refused" if result.refused else result.reason
            self._tool_failures.labels(agent=agent, tool=tool, reason=reason).inc()
        if not result.refused:
            self._tool_seconds.labels(agent=agent, tool=tool).observe(result.took_s)

    def tool_late(self, agent: str, tool: str) -> None:
        """Count a result that is ignored, because it came after the time limit."""
        self._tool_failures.labels(agent=agent, tool=tool, reason="late").inc()
