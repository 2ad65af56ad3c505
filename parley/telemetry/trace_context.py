"""Trace and span ids computed from CallSid, turn and span name, so that every process adds to the same trace.

There is one trace per turn, and one per call to which the traces of its turns are linked.
"""

import hashlib

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from parley.telemetry import names


def trace_id(call_sid: str, turn: int = 0) -> int:
    """The trace of a turn; 0 is the call itself. 128 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn)[:16], "big") or 1


def span_id(call_sid: str, turn: int, name: str, reply_id: str = "") -> int:
    """A span of a turn, of one reply if given. 64 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn, name, reply_id)[:8], "big") or 1


def traceparent(call_sid: str, turn: int = 0) -> str:
    """W3C trace context of events that concern a turn, or the whole call (0)."""
    root = names.TURN_SPAN if turn else names.CALL_SPAN
    return f"00-{trace_id(call_sid, turn):032x}-{span_id(call_sid, turn, root):016x}-01"


def parent_context(call_sid: str, turn: int = 0) -> Context:
    """The context in which a span of a turn, or of the whole call (0), is started."""
    root = names.TURN_SPAN if turn else names.CALL_SPAN
    parent = SpanContext(
        trace_id(call_sid, turn),
        span_id(call_sid, turn, root),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(parent))


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
