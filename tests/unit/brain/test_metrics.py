"""The brain's own metrics."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.brain.metrics import BrainMetrics
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.runner import run_tool


async def work(_call: Any) -> str:
    return "{}"


async def fail(_call: Any) -> str:
    raise ToolFailed("no")


@pytest.mark.parametrize(
    ("tool", "called", "arguments", "outcome", "ran"),
    [
        (work, "book", "{}", "ok", 1),
        (fail, "book", "{}", "failed", 1),
        (work, "book", "{", "refused", None),
        (work, "other", "{}", "refused", None),
    ],
    ids=["ok", "failed", "invalid arguments", "unknown"],
)
async def test_a_tool_call_has_one_outcome(
    tool: Any, called: str, arguments: str, outcome: str, ran: int | None
) -> None:
    """The duration is only that of a tool that was run."""
    registry = CollectorRegistry()
    result = await run_tool([Tool("book", "", {}, tool)], ToolCall("1", called, arguments, "r1"))
    BrainMetrics(registry).tool_returned("clinic", "book", result)

    labels = {"agent": "clinic", "tool": "book"}
    assert registry.get_sample_value("parley_tool_calls_total", {**labels, "outcome": outcome}) == 1
    assert registry.get_sample_value("parley_tool_seconds_count", labels) == ran
    reason = {"failed": "tool", "refused": "refused"}.get(outcome, "")
    failures = registry.get_sample_value("parley_tool_failures_total", {**labels, "reason": reason})
    assert failures == (1 if reason else None)


def test_a_late_result_is_counted() -> None:
    """It is ignored, because the model has already received a failure."""
    registry = CollectorRegistry()
    BrainMetrics(registry).tool_late("clinic", "book")

    labels = {"agent": "clinic", "tool": "book", "reason": "late"}
    assert registry.get_sample_value("parley_tool_failures_total", labels) == 1
