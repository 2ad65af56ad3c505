"""Exports a call's spans through the OpenTelemetry SDK, with ids that every process can compute.

Trace and span ids are derived from CallSid, turn and name (`trace_context`), so that all stages of a call,
and their next owners, add to the same trace without passing ids around.
"""

from collections.abc import Sequence

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from parley.events.log import CallEventLog
from parley.latency.spans import TurnSpan, TurnSpans
from parley.telemetry import names
from parley.telemetry.resource import resource
from parley.telemetry.trace_context import span_id, trace_id
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_ABNORMAL_ENDS = ("stream-lost", "fallback", "failed")


class _NextIds(IdGenerator):
    """An id generator that returns the ids set for the next span."""

    def __init__(self) -> None:
        self.trace = self.span = 1

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class CallTracer:
    """Emits the spans of one process; does nothing without a processor to export them."""

    def __init__(self, service: str, processor: SpanProcessor | None) -> None:
        self._ids = _NextIds()
        provider = TracerProvider(
            resource=resource(service),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        if processor is not None:
            provider.add_span_processor(processor)
        self._enabled = processor is not None
        self._tracer = provider.get_tracer("parley")
        self._stage = service

    def emit_turn_spans(self, call_sid: str, spans: Sequence[TurnSpan]) -> None:
        """Emit finished spans of a turn; the root is linked to the call's span."""
        for span in spans:
            parent = None
            if span.parent:
                owner = span.reply_id if span.parent != names.TURN_SPAN else ""
                parent = _context(call_sid, span.turn, span.parent, owner)
            # A turn has one root, whichever reply answered it first.
            own_id = (span.tool_call_id or span.reply_id) if span.parent else ""
            links = [] if span.parent else [Link(_context(call_sid, 0, names.CALL_SPAN, ""))]
            self._emit(
                span.name,
                _context(call_sid, span.turn, span.name, own_id),
                parent,
                (span.start_us, span.end_us),
                self._attributes(call_sid, span),
                links,
                failed=span.failed,
            )

    def _attributes(self, call_sid: str, span: TurnSpan) -> dict[str, str | int]:
        found: dict[str, str | int] = {
            names.CALL_SID: call_sid,
            names.TURN: span.turn,
            names.STAGE: self._stage,
        }
        if span.reply_id:
            found[names.REPLY_ID] = span.reply_id
        if span.tool:
            found[names.TOOL_NAME] = span.tool
        if not span.parent:
            found[names.TURN_LATENCY_MS] = (span.end_us - span.start_us) // 1000
        return found

    def emit_call_span(self, call_sid: str, started_us: int, ended_us: int, reason: str) -> None:
        """Emit the span of a whole call, to which the traces of its turns are linked.

        A call that was lost, or given to the agent's fallback, is an error.
        """
        self._emit(
            names.CALL_SPAN,
            _context(call_sid, 0, names.CALL_SPAN, ""),
            None,
            (started_us, ended_us),
            {names.CALL_SID: call_sid, names.STAGE: self._stage, names.END_REASON: reason},
            [],
            failed=reason in _ABNORMAL_ENDS,
        )

    def _emit(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        times_us: tuple[int, int],
        attributes: dict[str, str | int],
        links: Sequence[Link],
        *,
        failed: bool,
    ) -> None:
        self._ids.trace, self._ids.span = context.trace_id, context.span_id
        ambient = trace.set_span_in_context(NonRecordingSpan(parent)) if parent else Context()
        span = self._tracer.start_span(
            name,
            context=ambient,
            kind=SpanKind.INTERNAL if name != names.CALL_SPAN else SpanKind.SERVER,
            attributes=attributes,
            links=links,
            start_time=times_us[0] * 1000,
        )
        span.set_status(Status(StatusCode.ERROR if failed else StatusCode.OK))
        span.end(times_us[1] * 1000)

    def follow(self, call_log: CallEventLog) -> None:
        """Emit this stage's spans of a call from now on; earlier ones were emitted by previous owners.

        The recorder, which follows each call to its end, emits the span of the call itself.
        """
        if not self._enabled:
            return
        state, call_sid = TurnSpans(call_log.stage, call_log.clock), call_log.call_sid
        try:
            for event in call_log.recent:
                state.apply(event)
        except Exception:  # a call that cannot be traced is served nevertheless
            log.exception("call_not_traced", call_sid=call_sid)
            return

        def observe(event: Event) -> None:
            self.emit_turn_spans(call_sid, state.apply(event))
            if call_log.stage == "recorder" and event.HasField("call_ended"):
                ended = event.call_ended
                self.emit_call_span(call_sid, call_log.clock.started_at_us, event.sent_at_us, ended.reason)

        call_log.add_observer(observe)


def _context(call_sid: str, turn: int, name: str, reply_id: str) -> SpanContext:
    return SpanContext(
        trace_id(call_sid, turn),
        span_id(call_sid, turn, name, reply_id),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
