"""Metrics of what is stored."""

import time

from prometheus_client import CollectorRegistry

from services.recorder.metrics.storage import StorageMetrics


def test_the_oldest_unstored_audio_of_all_calls_counts() -> None:
    """A call whose audio is stored no longer counts."""
    registry = CollectorRegistry()
    metrics = StorageMetrics(registry)
    assert registry.get_sample_value("parley_recording_lag_seconds") == 0
    with metrics.waiting(lambda: 12.0):
        with metrics.waiting(lambda: 40.0):
            assert registry.get_sample_value("parley_recording_lag_seconds") == 40
        assert registry.get_sample_value("parley_recording_lag_seconds") == 12
    assert registry.get_sample_value("parley_recording_lag_seconds") == 0


def test_failures_are_counted_by_target() -> None:
    """Both series exist from the start."""
    registry = CollectorRegistry()
    metrics = StorageMetrics(registry)
    metrics.failed("object store")
    metrics.failed("object store")

    assert registry.get_sample_value("parley_storage_failures_total", {"target": "recordings"}) == 2
    assert registry.get_sample_value("parley_storage_failures_total", {"target": "postgres"}) == 0


def test_the_delay_of_a_record_counts_from_the_end_of_the_call() -> None:
    """A record of a call whose end is missing has no delay."""
    registry = CollectorRegistry()
    metrics = StorageMetrics(registry)
    metrics.record_stored(int((time.time() - 4) * 1e6))
    metrics.record_stored(None)

    assert registry.get_sample_value("parley_records_stored_total") == 2
    assert registry.get_sample_value("parley_record_delay_seconds_count") == 1
    assert 4 <= (registry.get_sample_value("parley_record_delay_seconds_sum") or 0) < 5
