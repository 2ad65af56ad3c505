"""Trace ids are the same in every process."""

from typing import Any

import pytest

from parley.telemetry.trace_context import add_trace_id, span_id, trace_id, traceparent


def test_each_turn_has_its_own_trace() -> None:
    """Trace ids differ between turns and between calls."""
    ids = {trace_id(call, turn) for call in ("CA1", "CA2") for turn in range(5)}

    assert len(ids) == 10
    assert all(0 < made < 2**128 for made in ids)
    assert span_id("CA1", 1, "turn") != span_id("CA1", 1, "stt.endpointing")


def test_the_context_has_the_w3c_format() -> None:
    """Every process computes the same context."""
    version, trace, span, flags = traceparent("CA1", 3).split("-")

    assert (version, flags) == ("00", "01")
    assert int(trace, 16) == trace_id("CA1", 3)
    assert int(span, 16) == span_id("CA1", 3, "turn")
    assert traceparent("CA1").split("-")[1] == f"{trace_id('CA1'):032x}"


@pytest.mark.parametrize(
    ("line", "turn"), [({"call_sid": "CA1"}, 0), ({"call_sid": "CA1", "turn": 2}, 2)], ids=["call", "turn"]
)
def test_a_log_line_about_a_call_has_its_trace(line: dict[str, Any], turn: int) -> None:
    """A log line leads to the trace without a search."""
    assert add_trace_id(None, "info", line)["trace_id"] == f"{trace_id('CA1', turn):032x}"


@pytest.mark.parametrize("line", [{}, {"call_sid": ""}, {"call_sid": None}, {"call_sid": "CA1", "turn": "x"}])
def test_any_other_log_line_stays_as_it_is(line: dict[str, Any]) -> None:
    """No line may fail for its trace."""
    assert add_trace_id(None, "info", dict(line)) == line
