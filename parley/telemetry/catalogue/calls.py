"""Metrics of calls and their media streams."""

from parley.telemetry.catalogue.metric import counter, gauge, histogram

_EDGE = ("edge",)
_RECORDER = ("recorder",)
CALL_BUCKETS_S = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0)
_RESUME_BUCKETS_S = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 15.0)

CALLS_STARTED = counter(
    "parley_calls_started_total",
    "Calls that have begun",
    _RECORDER,
    "agent",
    "direction",
    direction="inbound, outbound",
)
CALLS_ENDED = counter(
    "parley_calls_ended_total",
    "Calls that have ended; the reason stream-lost is a lost call",
    _RECORDER,
    "agent",
    "direction",
    "reason",
    reason="completed, hangup, agent, stream-lost, no-stream, max-duration, not-found, fallback, busy, "
    "failed, no-answer, canceled, transferred, transfer-failed",
)
CALLS_ENDED_BY_CLOCK = counter(
    "parley_calls_ended_by_clock_total",
    "Calls whose end nothing reported, so that an edge ended them after a time limit",
    _EDGE,
    "reason",
    reason="max-duration (longer than max_call_s and the grace), no-stream (Twilio opened no media stream), "
    "stream-lost, fallback (in progress without a stream), twilio-ended (Twilio had ended the call), "
    "not-found (Twilio does not know the call)",
)
CALL_DURATION = histogram(
    "parley_call_duration_seconds", "Length of ended calls", _RECORDER, CALL_BUCKETS_S, "agent", "direction"
)
STREAMS_OPENED = counter(
    "parley_media_streams_opened_total",
    "Media streams that Twilio opened; resumed when the call had one before",
    _EDGE,
    "kind",
    kind="first, resumed",
)
STREAMS_CLOSED = counter(
    "parley_media_streams_closed_total",
    "Media streams that have ended",
    _EDGE,
    "reason",
    reason="stop, closed, lost, drained, superseded (another stream of the call has started), redirected "
    "(ended on purpose, for a transfer or DTMF)",
)
STREAMS_FAILED = counter(
    "parley_media_streams_failed_total",
    "Media streams that Twilio could not open",
    _EDGE,
    "code",
    code="Twilio's error code of media streams, other for any other code, 0 if it was not reported",
)
STREAM_RESUME = histogram(
    "parley_media_stream_resume_seconds",
    "From the last audio of a lost media stream until the next one was open",
    _EDGE,
    _RESUME_BUCKETS_S,
    "method",
    method="redirect, rest",
)
WEBHOOKS = counter(
    "parley_webhook_requests_total",
    "Requests to the edge, by route and HTTP status",
    _EDGE,
    "route",
    "status",
)
SIGNATURES_REFUSED = counter(
    "parley_signatures_refused_total", "Requests and media streams that were not signed by Twilio", _EDGE
)
TRANSFERS = counter(
    "parley_transfers_total",
    "Transfers that have an outcome",
    _EDGE,
    "kind",
    "outcome",
    kind="cold, warm",
    outcome="transferred, returned (the person has hung up, and the caller is back), busy, no-answer, "
    "declined, machine, failed, canceled (the caller has hung up)",
)
MESSAGES_SENT = counter(
    "parley_messages_sent_total",
    "Text messages of the agent that Twilio has accepted, or not",
    _EDGE,
    "outcome",
    outcome="sent, failed",
)
DTMF_SENT = counter(
    "parley_dtmf_sent_total",
    "Requests of the agent to press keys",
    _EDGE,
    "outcome",
    outcome="sent, failed",
)
CERTIFICATE_EXPIRY = gauge(
    "parley_certificate_expiry_timestamp_seconds",
    "End of the validity of the certificate at the public and the direct address, as Unix time",
    _EDGE,
    "host",
)
MEDIA_FRAMES = counter("parley_media_frames_total", "Audio frames received from callers", _EDGE)
MEDIA_MESSAGES_INVALID = counter(
    "parley_media_messages_invalid_total", "Media stream messages that were skipped", _EDGE
)
