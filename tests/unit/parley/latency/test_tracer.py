"""Spans as the OpenTelemetry SDK exports them."""

from types import SimpleNamespace
from typing import cast

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from parley.clock import CallClock
from parley.events.log import CallEventLog
from parley.latency.spans import TurnSpan, TurnSpans
from parley.latency.tracer import CallTracer
from parley.telemetry.trace_context import span_id, trace_id
from parley.v1.call_pb2 import CallStarted
from tests.event_factories import event


class Exported(SpanProcessor):
    """Collects ended spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Collect the span."""
        self.spans.append(span)


def context_of(span: ReadableSpan) -> tuple[int, int]:
    """Trace id and span id of the span."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def test_spans_of_several_processes_form_one_trace() -> None:
    """Ids are computed, so the parent of a span may live in another process."""
    edge, brain = Exported(), Exported()
    root = TurnSpan("turn", 1, 1_000, 2_000, "", "r2")
    brain_turn = TurnSpan("brain.turn", 1, 1_100, 1_500, "turn", "r2")
    llm = TurnSpan("brain.llm", 1, 1_100, 1_400, "brain.turn", "r2")
    CallTracer("edge", edge).emit_turn_spans("CA1", [root])
    CallTracer("brain", brain).emit_turn_spans("CA1", [brain_turn, llm])
    [turn], [thinking, model] = edge.spans, brain.spans

    assert {context_of(span)[0] for span in (turn, thinking, model)} == {trace_id("CA1", 1)}
    assert turn.parent is None
    assert thinking.parent is not None
    assert thinking.parent.span_id == context_of(turn)[1] == span_id("CA1", 1, "turn")
    assert model.parent is not None
    assert model.parent.span_id == context_of(thinking)[1]
    assert [span.resource.attributes["service.name"] for span in (turn, thinking)] == [
        "parley-edge",
        "parley-brain",
    ]


def test_a_span_has_its_times_and_attributes() -> None:
    """Times are wall-clock nanoseconds, as in OpenTelemetry."""
    exported = Exported()
    CallTracer("stt", exported).emit_turn_spans("CA1", [TurnSpan("stt.endpointing", 2, 1_000, 3_000)])
    [span] = exported.spans

    assert (span.start_time, span.end_time) == (1_000_000, 3_000_000)
    assert span.attributes == {"parley.call_sid": "CA1", "parley.turn": 2, "parley.stage": "stt"}


def test_a_turn_is_linked_to_its_call() -> None:
    """The span of the call is in a separate trace."""
    exported = Exported()
    tracer = CallTracer("edge", exported)
    tracer.emit_turn_spans("CA1", [TurnSpan("turn", 1, 1_000, 2_000, "", "r1")])
    tracer.emit_call_span("CA1", 0, 9_000, "completed")
    turn, call = exported.spans

    assert [link.context for link in turn.links] == [call.context]
    assert context_of(call)[0] == trace_id("CA1")


def test_a_slow_turn_and_a_lost_call_can_be_found_by_the_collector() -> None:
    """Its tail sampling keeps turns by their latency, and traces with an error."""
    exported = Exported()
    tracer = CallTracer("recorder", exported)
    tracer.emit_turn_spans("CA1", [TurnSpan("turn", 1, 1_000_000, 2_500_000, "", "r1")])
    tool = TurnSpan("brain.tool", 1, 0, 1, reply_id="r1", tool="book", tool_call_id="t1", failed=True)
    tracer.emit_turn_spans("CA1", [tool])
    for reason in ("completed", "stream-lost"):
        tracer.emit_call_span("CA1", 0, 9_000, reason)
    turn, failed_tool, completed, lost = exported.spans

    assert turn.attributes is not None
    assert turn.attributes["parley.turn_latency_ms"] == 1500
    assert failed_tool.attributes is not None
    assert failed_tool.attributes["gen_ai.tool.name"] == "book"
    assert [span.status.status_code.name for span in (turn, failed_tool, completed, lost)] == [
        *("OK", "ERROR", "OK", "ERROR"),
    ]


def observers_of(processor: SpanProcessor | None) -> list[object]:
    """The observers that a tracer adds to a log with a history."""
    added: list[object] = []
    call_log = SimpleNamespace(
        stage="edge",
        call_sid="CA1",
        clock=CallClock(0),
        recent=(event(CallStarted()),),
        add_observer=added.append,
    )
    CallTracer("edge", processor).follow(cast("CallEventLog", call_log))
    return added


def test_nothing_is_observed_without_an_endpoint() -> None:
    """Without an endpoint tracing costs nothing per event."""
    assert observers_of(None) == []
    assert len(observers_of(Exported())) == 1


def test_a_history_that_cannot_be_traced_does_not_affect_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each next owner reads the history again, so an error would end all of them."""

    def fail(_state: TurnSpans, _event: object) -> list[TurnSpan]:
        raise ValueError

    monkeypatch.setattr(TurnSpans, "apply", fail)
    assert observers_of(Exported()) == []
