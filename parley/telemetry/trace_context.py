"""Ids of traces, made of what everybody knows: any process, and its successor, adds to the same trace.

One trace per turn, and one per call to which its turns are linked.
"""

import hashlib

from parley.telemetry import names


def trace_id(call_sid: str, turn: int = 0) -> int:
    """A turn's trace; the call's own for 0. 128 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn)[:16], "big") or 1


def span_id(call_sid: str, turn: int, name: str) -> int:
    """A span of a turn. 64 bits, never zero."""
    return int.from_bytes(_digest(call_sid, turn, name)[:8], "big") or 1


def traceparent(call_sid: str, turn: int = 0) -> str:
    """W3C trace context of what is said of a turn, or of the call as a whole."""
    root = names.TURN_SPAN if turn else names.CALL_SPAN
    return f"00-{trace_id(call_sid, turn):032x}-{span_id(call_sid, turn, root):016x}-01"


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
