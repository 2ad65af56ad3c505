"""Metrics of what is stored: delays, failed writes, and audio that waits to be stored."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.recording import (
    RECORD_DELAY,
    RECORDING_LAG,
    RECORDS_STORED,
    STORAGE_FAILURES,
    WEBHOOK_ATTEMPTS,
)

_TARGETS = ("postgres", "recordings")


class StorageMetrics:
    """The storage metrics of one process, shared by its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._records = RECORDS_STORED.counter(registry)
        self._delay = RECORD_DELAY.histogram(registry)
        failures = STORAGE_FAILURES.counter(registry)
        self._failures = {target: failures.labels(target=target) for target in _TARGETS}
        self._lags: set[Callable[[], float]] = set()
        RECORDING_LAG.gauge(registry).set_function(
            lambda: max((lag_s() for lag_s in self._lags), default=0.0)
        )

    @contextmanager
    def waiting(self, lag_s: Callable[[], float]) -> Iterator[None]:
        """While entered, a call has audio that is not stored; `lag_s` returns its length in seconds."""
        self._lags.add(lag_s)
        try:
            yield
        finally:
            self._lags.discard(lag_s)

    def failed(self, provider: str) -> None:
        """Count a failed write; it is repeated."""
        self._failures["postgres" if provider == "postgres" else "recordings"].inc()

    def record_stored(self, ended_at_us: int | None) -> None:
        """Count a stored record; the call ended at this wall clock time, if its log contains the end."""
        self._records.inc()
        if ended_at_us is not None:
            self._delay.observe(max(0.0, time.time() - ended_at_us / 1e6))


class WebhookMetrics:
    """The webhook metrics of one process, shared by its calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        attempts = WEBHOOK_ATTEMPTS.counter(registry)
        self._attempts = {outcome: attempts.labels(outcome=outcome) for outcome in ("ok", "failed")}

    def delivered(self, outcome: str) -> None:
        """Count an attempt: `ok` or `failed`."""
        self._attempts[outcome].inc()
