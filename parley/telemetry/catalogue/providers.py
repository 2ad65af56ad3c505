"""Metrics of the providers: requests, failures, circuits and limits."""

from parley.telemetry.catalogue.metric import PROVIDER_STAGES, counter, gauge

PROVIDER_REQUESTS = counter(
    "parley_provider_requests_total",
    "Requests to a provider, or connections to it",
    PROVIDER_STAGES,
    "agent",
    "provider",
    "model",
    "outcome",
    outcome="ok, failed, overtaken (its output was overdue, and another provider was first), cancelled (no"
    " longer needed; it proves nothing about the provider)",
)
PROVIDER_FAILURES = counter(
    "parley_provider_failures_total",
    "Failed requests to a provider",
    PROVIDER_STAGES,
    "provider",
    "model",
    "code",
    code="rejected, rate_limited, timeout, unavailable, empty_answer; other for a code of a provider's own",
)
PROVIDER_CIRCUIT_OPEN = gauge(
    "parley_provider_circuit_open",
    "1 while the route's circuit is open: it is tried last",
    PROVIDER_STAGES,
    "provider",
    "model",
)
PROVIDER_LIMIT = gauge(
    "parley_provider_limit_seconds",
    "Current time limit on a provider's output",
    PROVIDER_STAGES,
    "provider",
    "model",
    "region",
    "output",
)
MODEL_SHUTDOWN = gauge(
    "parley_model_shutdown_timestamp_seconds",
    "Announced end of a model in use, as Unix time",
    ("brain",),
    "provider",
    "model",
)
