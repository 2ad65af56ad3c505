"""The edge's own metrics."""

from prometheus_client import CollectorRegistry

from services.edge.metrics import EdgeMetrics


def test_series_exist_before_the_first_event() -> None:
    """A counter that appears with 1 hides its first increase."""
    registry = CollectorRegistry()
    EdgeMetrics(registry)
    for kind in ("first", "resumed"):
        assert registry.get_sample_value("parley_media_streams_opened_total", {"kind": kind}) == 0
    for reason in ("stop", "closed", "lost", "drained", "superseded"):
        assert registry.get_sample_value("parley_media_streams_closed_total", {"reason": reason}) == 0
    assert registry.get_sample_value("parley_signatures_refused_total") == 0


def test_the_pause_of_a_resumed_stream_is_observed() -> None:
    """In seconds, by method; clocks that differ do not make it negative."""
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry)
    metrics.stream_resumed("rest", 1500)
    metrics.stream_resumed("rest", -20)
    metrics.stream_resumed("unheard-of", 1500)

    assert registry.get_sample_value("parley_media_stream_resume_seconds_count", {"method": "rest"}) == 2
    assert registry.get_sample_value("parley_media_stream_resume_seconds_sum", {"method": "rest"}) == 1.5
    assert registry.get_sample_value("parley_media_stream_resume_seconds_count", {"method": "redirect"}) == 0
