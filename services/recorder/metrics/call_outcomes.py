"""Begin and end of a call, and its fallback. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.events.envelope import Body
from parley.telemetry.catalogue.calls import CALL_DURATION, CALLS_ENDED, CALLS_STARTED
from parley.telemetry.catalogue.quality import FALLBACKS
from parley.v1 import call_pb2, reply_pb2
from services.recorder.metrics.observation import Observation

_DIRECTIONS = {call_pb2.DIRECTION_INBOUND: "inbound", call_pb2.DIRECTION_OUTBOUND: "outbound"}
_END_REASONS = frozenset(
    {
        *("completed", "hangup", "agent", "stream-lost", "fallback"),
        *("no-stream", "max-duration", "not-found"),
        *("busy", "failed", "no-answer", "canceled"),
    }
)
_FALLBACK_REASONS = frozenset({"stt_unavailable", "llm_unavailable", "tts_unavailable"})
_UNKNOWN = "unknown"


@dataclass(slots=True)
class CallOutcomes:
    """Counts a call's begin, end and fallback once each, even if their events are repeated."""

    _direction: str = ""
    _ended: bool = False
    _fell_back: bool = False

    def apply(self, body: Body | None, _at_ms: int) -> Sequence[Observation]:
        """Return what an event adds to the metrics."""
        match body:
            case call_pb2.CallStarted() if not self._direction:
                self._direction = _DIRECTIONS.get(body.direction, _UNKNOWN)
                return [Observation(CALLS_STARTED, {"direction": self._direction})]
            case reply_pb2.FallbackRequested(reason=reason):
                return self._fallback(reason if reason in _FALLBACK_REASONS else _UNKNOWN)
            case call_pb2.CallEnded() if not self._ended:
                self._ended = True
                return self._end(body)
            case _:
                return ()

    def _end(self, ended: call_pb2.CallEnded) -> Sequence[Observation]:
        direction = {"direction": self._direction or _UNKNOWN}
        reason = ended.reason if ended.reason in _END_REASONS else _UNKNOWN
        # Without a request of Parley's, Twilio requested the fallback, because it could not open a stream.
        fallback = self._fallback("stream_unavailable") if reason == "fallback" else ()
        return [
            *fallback,
            Observation(CALLS_ENDED, {**direction, "reason": reason}),
            Observation(CALL_DURATION, direction, ended.duration_ms / 1000),
        ]

    def _fallback(self, reason: str) -> Sequence[Observation]:
        if self._fell_back:
            return ()
        self._fell_back = True
        return [Observation(FALLBACKS, {"reason": reason})]
