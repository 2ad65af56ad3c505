"""The edge's own metrics: media streams, requests and refused signatures."""

from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.calls import (
    CALLS_ENDED_BY_CLOCK,
    DTMF_SENT,
    MESSAGES_SENT,
    SIGNATURES_REFUSED,
    STREAM_RESUME,
    STREAMS_CLOSED,
    STREAMS_FAILED,
    STREAMS_OPENED,
    TRANSFERS,
    WEBHOOKS,
)
from parley.v1 import telephony_pb2

_CLOSED_REASONS = ("stop", "closed", "lost", "drained", "superseded", "redirected")
_CLOCK_REASONS = ("max-duration", "no-stream", "stream-lost", "fallback", "twilio-ended", "not-found")
_KINDS = {telephony_pb2.TRANSFER_KIND_COLD: "cold", telephony_pb2.TRANSFER_KIND_WARM: "warm"}
_TRANSFER_OUTCOMES = (
    "transferred",
    "returned",
    "busy",
    "no-answer",
    "declined",
    "machine",
    "failed",
    "canceled",
)
_RESUME_METHODS = ("redirect", "rest")


class EdgeMetrics:
    """The metrics of one edge. Series exist from the start, so that their first increase is visible."""

    def __init__(self, registry: CollectorRegistry) -> None:
        opened, closed = STREAMS_OPENED.counter(registry), STREAMS_CLOSED.counter(registry)
        self._opened = {kind: opened.labels(kind=kind) for kind in ("first", "resumed")}
        self._closed = {reason: closed.labels(reason=reason) for reason in _CLOSED_REASONS}
        self._failed = STREAMS_FAILED.counter(registry)
        resume = STREAM_RESUME.histogram(registry)
        self._resume = {method: resume.labels(method=method) for method in _RESUME_METHODS}
        by_clock = CALLS_ENDED_BY_CLOCK.counter(registry)
        self._ended_by_clock = {reason: by_clock.labels(reason=reason) for reason in _CLOCK_REASONS}
        self._webhooks = WEBHOOKS.counter(registry)
        self._refused = SIGNATURES_REFUSED.counter(registry)
        transfers = TRANSFERS.counter(registry)
        self._transfers = {
            (kind, outcome): transfers.labels(kind=name, outcome=outcome)
            for kind, name in _KINDS.items()
            for outcome in _TRANSFER_OUTCOMES
        }
        messages, dtmf = MESSAGES_SENT.counter(registry), DTMF_SENT.counter(registry)
        outcomes = {False: "sent", True: "failed"}
        self._messages = {failed: messages.labels(outcome=name) for failed, name in outcomes.items()}
        self._dtmf = {failed: dtmf.labels(outcome=name) for failed, name in outcomes.items()}

    def stream_opened(self, *, resumed: bool) -> None:
        """Count a media stream that has opened; `resumed` if the call had one before."""
        self._opened["resumed" if resumed else "first"].inc()

    def stream_resumed(self, method: str, pause_ms: int) -> None:
        """Observe the time without audio between a lost media stream and the next one."""
        if method in self._resume:
            self._resume[method].observe(max(0, pause_ms) / 1000)

    def stream_closed(self, reason: str) -> None:
        """Count a media stream that has ended, by the reason in its stream.stopped."""
        self._closed[reason].inc()

    def stream_failed(self, code: str) -> None:
        """Count a media stream that Twilio could not open; see `stream_failures.code_label`."""
        self._failed.labels(code=code).inc()

    def ended_by_clock(self, reason: str) -> None:
        """Count a call that the clock has ended, by the reason in its call.ended."""
        self._ended_by_clock[reason if reason in _CLOCK_REASONS else "twilio-ended"].inc()

    def requested(self, route: str, status: int) -> None:
        """Count a request by its route's template and the status of the response."""
        self._webhooks.labels(route=route, status=str(status)).inc()

    def signature_refused(self) -> None:
        """Count a request or a media stream that Twilio has not signed."""
        self._refused.inc()

    def transfer_finished(self, kind: telephony_pb2.TransferKind, outcome: str) -> None:
        """Count a transfer by the outcome in its transfer.finished."""
        if (kind, outcome) in self._transfers:
            self._transfers[kind, outcome].inc()

    def message_sent(self, *, failed: bool) -> None:
        """Count a text message that Twilio has accepted, or not."""
        self._messages[failed].inc()

    def dtmf_sent(self, *, failed: bool) -> None:
        """Count keys that were pressed, or could not be."""
        self._dtmf[failed].inc()
