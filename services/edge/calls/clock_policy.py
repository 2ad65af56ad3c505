"""Decides how a call without a live media stream continues, by Twilio's status and the clock. No I/O."""

from dataclasses import dataclass
from typing import TypeAlias

from services.edge.calls.call_state import CallState
from services.edge.twilio.rest import NOT_FOUND

FINAL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Twilio's statuses of a call that has ended."""
UNKNOWN = ""
"""Status of a call when Twilio did not respond."""
MAX_DURATION = "max-duration"
"""Reason of call.ended when the call's longest time has passed."""
_IN_PROGRESS = "in-progress"
_MAX_WAIT_FACTOR = 10
"""A call that rings, or whose status is unknown, may be without a stream for this multiple of the timeout."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Decision to check again later."""


@dataclass(frozen=True, slots=True)
class EndLog:
    """Decision to end the log of a call that has ended at Twilio."""

    reason: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Decision to end the log, and the call at Twilio if it is still live there."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rescue:
    """Decision to request a media stream for the call through the REST API."""


@dataclass(frozen=True, slots=True)
class FallBack:
    """Decision to continue the call with the agent's fallback."""


ClockDecision: TypeAlias = Wait | EndLog | HangUp | Rescue | FallBack


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """Time limits of one call, in seconds."""

    open_timeout_s: float
    """Time that a call in progress may be without a stream."""
    max_s: float
    """Time from the call's start after which it ends in any case."""


def decide(call: CallState, status: str, limits: ClockLimits, *, now_us: int) -> ClockDecision:
    """Return how a call continues of which no edge has a live stream; `status` is Twilio's, or UNKNOWN."""
    if status in FINAL_STATUSES or status == NOT_FOUND:
        return EndLog(status)
    if now_us - call.started_at_us >= limits.max_s * 1e6:
        return HangUp(MAX_DURATION)
    if call.is_away(now_us):
        return Wait()
    since_us = call.waiting_since_us
    if not since_us:
        # The stream is open according to the log, but its edge is dead.
        return Rescue()
    waited_s = (now_us - since_us) / 1e6
    if status != _IN_PROGRESS:
        expired = waited_s >= limits.open_timeout_s * _MAX_WAIT_FACTOR
        return HangUp(_no_stream_reason(call)) if expired else Wait()
    if waited_s < limits.open_timeout_s:
        return Wait()
    if call.stop_reason in ("stop", "closed") and not call.is_resuming:
        return HangUp("hangup")
    return FallBack() if call.is_resuming else Rescue()


def _no_stream_reason(call: CallState) -> str:
    return "stream-lost" if call.stream_epoch else "no-stream"
