"""Metrics of takeovers, handovers and retransmission."""

from parley.telemetry.catalogue.metric import EVERY_SERVICE, STAGES, counter, gauge, histogram

_TAKEOVER_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 10.0)

CLAIMS = counter(
    "parley_claims_total",
    "Calls that a process claimed from the work queue",
    STAGES,
    "stage",
    "kind",
    kind="first, handover (the previous owner gave it back), takeover (it stopped responding)",
)
TAKEOVER = histogram(
    "parley_takeover_seconds",
    "From claiming a call that had an owner before until its log was read and folded",
    STAGES,
    _TAKEOVER_BUCKETS_S,
    "stage",
)
LEASES_ENDED = counter(
    "parley_leases_ended_total",
    "Ended ownerships of calls",
    STAGES,
    "stage",
    "outcome",
    outcome="done, handed_over, superseded, failed",
)
STAGES_ABANDONED = counter(
    "parley_stages_abandoned_total", "Stages of calls that were abandoned after all attempts", STAGES, "stage"
)
EPOCH = gauge("parley_call_epoch_max", "Highest epoch of the calls that the process owns", STAGES, "stage")
MESSAGES_FENCED = counter(
    "parley_messages_fenced_total",
    "Events and audio chunks of a previous owner that were discarded",
    EVERY_SERVICE,
    "kind",
    kind="event, audio",
)
DRAINING = gauge("parley_draining", "1 while the process hands its calls over and stops", EVERY_SERVICE)
AUDIO_RETRANSMITTED = counter(
    "parley_audio_retransmitted_total",
    "Audio chunks that were published again",
    ("edge", "tts"),
    "cause",
    cause="reconnect, election, requested",
)
AUDIO_GAPS = counter(
    "parley_audio_gaps_total",
    "Gaps that a reader detected in a call's audio",
    ("edge", "stt"),
    "outcome",
    outcome="filled, skipped",
)
EVENTS_RESENT = counter(
    "parley_events_resent_total",
    "Events that were published again because the stream had not acknowledged them",
    EVERY_SERVICE,
)
SNAPSHOTS = counter(
    "parley_snapshots_total",
    "Snapshots of stages' states of calls, stored or found at takeovers",
    EVERY_SERVICE,
    "outcome",
    outcome="stored, too_large, used, ignored (damaged, or of another version), unavailable",
)
SHADOW_DIFFERENCES = counter(
    "parley_shadow_differences_total",
    "Decisions of a shadow that differ from those of the owner",
    ("stt", "brain"),
    "kind",
)
