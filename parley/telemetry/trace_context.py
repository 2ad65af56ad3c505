"""Trace and span ids computed from CallSid, turn and span name, so that every process adds to the same trace.

There is one trace per turn, and one per call to which the traces of its turns are linked.
"""

import hashlib
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from parley.telemetry import names


def trace_id(call_sid: str, turn: int = 0) -> int:
    """Return the trace id of a turn; turn 0 stands for the call itself. 128 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn)[:16], "big") or 1


def span_id(call_sid: str, turn: int, name: str, reply_id: str = "") -> int:
    """Return the id of a span of a turn, or of one of its replies. 64 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn, name, reply_id)[:8], "big") or 1


def traceparent(call_sid: str, turn: int = 0) -> str:
    """Return the W3C trace context of events that belong to a turn, or to the whole call (0)."""
    root = names.TURN_SPAN if turn else names.CALL_SPAN
    return f"00-{trace_id(call_sid, turn):032x}-{span_id(call_sid, turn, root):016x}-01"


def parent_context(call_sid: str, turn: int = 0) -> Context:
    """Return the context in which a span of a turn, or of the whole call (0), is started."""
    root = names.TURN_SPAN if turn else names.CALL_SPAN
    parent = SpanContext(
        trace_id(call_sid, turn),
        span_id(call_sid, turn, root),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(parent))


def add_trace_id(_logger: Any, _method: str, line: Any) -> Any:
    """Add the trace to a log line about a call: that of the line's `turn` if it names one. For structlog."""
    call_sid, turn = line.get("call_sid"), line.get("turn", 0)
    if isinstance(call_sid, str) and call_sid and isinstance(turn, int):
        line.setdefault("trace_id", f"{trace_id(call_sid, turn):032x}")
    return line


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
