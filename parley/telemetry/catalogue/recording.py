"""Metrics of the recorder's storage."""

from parley.telemetry.catalogue.metric import counter, gauge, histogram

_RECORDER = ("recorder",)
_STORE_BUCKETS_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)

RECORDS_STORED = counter("parley_records_stored_total", "Calls whose record was stored", _RECORDER)
RECORD_DELAY = histogram(
    "parley_record_delay_seconds",
    "From the end of a call until its record was stored",
    _RECORDER,
    _STORE_BUCKETS_S,
)
RECORDING_LAG = gauge(
    "parley_recording_lag_seconds",
    "Length of the oldest audio of a call in progress that is not stored yet",
    _RECORDER,
)
STORAGE_FAILURES = counter(
    "parley_storage_failures_total",
    "Failed writes to the object store or the database, each of which is repeated",
    _RECORDER,
    "target",
    target="postgres, recordings",
)
WEBHOOK_ATTEMPTS = counter(
    "parley_webhook_attempts_total",
    "Requests of webhooks for the end of a call; a failed one is repeated for an hour",
    _RECORDER,
    "outcome",
    outcome="ok, failed",
)
RECORDINGS_FREE = gauge(
    "parley_recordings_free_ratio",
    "Free share of the disk with the recordings; absent with a bucket",
    _RECORDER,
)
