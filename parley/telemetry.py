"""Set up logs, metrics and traces of one process."""

import logging
import sys
from dataclasses import dataclass

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, GCCollector, Histogram, PlatformCollector, ProcessCollector

from parley import telemetry_names as names
from parley.settings import CommonSettings

HOP_BUCKETS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
_SEND_SPANS_EVERY_MS = 1000
TURN_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a process measures with."""

    service: str
    registry: CollectorRegistry
    spans: SpanProcessor
    """Takes finished spans, and sends them if there is somewhere to send them to."""
    hop_seconds: Histogram
    """From an event's saying to its reading, wall clock, by the stage that said it."""
    vendor_seconds: Histogram
    """What a vendor took, by vendor and what was waited for."""

    def close(self) -> None:
        """Send what is left."""
        self.spans.shutdown()


def start(service: str, settings: CommonSettings) -> Telemetry:
    """Logs to standard error, metrics in a registry of their own, traces to an OTLP endpoint if given."""
    set_up_logs(service, settings)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    spans = SpanProcessor()
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        spans = BatchSpanProcessor(exporter, schedule_delay_millis=_SEND_SPANS_EVERY_MS)
    return Telemetry(
        service=service,
        registry=registry,
        spans=spans,
        hop_seconds=Histogram(
            names.METRIC_HOP_SECONDS,
            "Delay of an event on the bus",
            ["said_by"],
            registry=registry,
            buckets=HOP_BUCKETS_S,
        ),
        vendor_seconds=Histogram(
            names.METRIC_VENDOR_SECONDS,
            "What a vendor took",
            ["vendor", "what"],
            registry=registry,
            buckets=TURN_BUCKETS_S,
        ),
    )


def set_up_logs(service: str, settings: CommonSettings) -> None:
    """One line an event on standard error; JSON unless a person watches."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer(pad_event_to=0) if text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            lambda _logger, _name, event: {"service": service, **event},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([] if text else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
