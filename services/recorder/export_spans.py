"""Send a turn's spans to an OTLP endpoint: one trace per turn, each span as its own service's."""

from functools import cache

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from parley.clock import CallClock
from parley.latency.spans import StageSpan, turn_spans
from parley.latency.turn import TurnLatency
from parley.telemetry import names
from parley.telemetry.trace_context import span_id, trace_id


def export_turn(processor: SpanProcessor, call_sid: str, timing: TurnLatency, clock: CallClock) -> None:
    """Hand over the spans of a turn whose answer is heard; sent behind our back."""
    for span in turn_spans(timing, clock):
        processor.on_end(_readable(span, call_sid, timing))


def export_call(processor: SpanProcessor, call_sid: str, started_us: int, ended_us: int) -> None:
    """The call's own span, to which those of its turns are linked."""
    processor.on_end(
        ReadableSpan(
            name=names.CALL_SPAN,
            context=_context(call_sid, 0, names.CALL_SPAN),
            resource=_resource("parley"),
            attributes={names.CALL_SID: call_sid},
            kind=SpanKind.SERVER,
            status=Status(StatusCode.OK),
            start_time=started_us * 1000,
            end_time=ended_us * 1000,
        )
    )


def _readable(span: StageSpan, call_sid: str, timing: TurnLatency) -> ReadableSpan:
    whole = not span.parent
    return ReadableSpan(
        name=span.name,
        context=_context(call_sid, timing.turn, span.name),
        parent=None if whole else _context(call_sid, timing.turn, span.parent),
        resource=_resource("parley" if whole else f"parley-{span.stage}"),
        attributes={
            names.CALL_SID: call_sid,
            names.TURN: timing.turn,
            names.REPLY_ID: timing.reply_id,
            names.STAGE: span.stage,
        },
        links=[Link(_context(call_sid, 0, names.CALL_SPAN))] if whole else (),
        kind=SpanKind.INTERNAL,
        status=Status(StatusCode.OK),
        start_time=span.start_us * 1000,
        end_time=span.end_us * 1000,
    )


def _context(call_sid: str, turn: int, name: str) -> SpanContext:
    return SpanContext(
        trace_id(call_sid, turn),
        span_id(call_sid, turn, name),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


@cache
def _resource(service: str) -> Resource:
    return Resource.create({"service.name": service})
