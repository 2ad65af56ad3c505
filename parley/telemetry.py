"""Set up logs, metrics and traces of one process; carry trace context over the bus."""

import logging
import sys
from dataclasses import dataclass

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, GCCollector, Histogram, PlatformCollector, ProcessCollector

from parley import telemetry_names as names
from parley.settings import CommonSettings

HOP_BUCKETS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
TURN_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a process measures with."""

    service: str
    registry: CollectorRegistry
    tracer: trace.Tracer
    provider: TracerProvider
    hop_seconds: Histogram
    """From an event's saying to its reading, wall clock, by the stage that said it."""
    vendor_seconds: Histogram
    """What a vendor took, by vendor and what was waited for."""

    def close(self) -> None:
        """Send what is left."""
        self.provider.shutdown()


def start(service: str, settings: CommonSettings) -> Telemetry:
    """Logs to standard error, metrics in a registry of their own, traces to an OTLP endpoint if given."""
    set_up_logs(service, settings)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    provider = TracerProvider(resource=Resource.create({"service.name": f"parley-{service}"}))
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return Telemetry(
        service=service,
        registry=registry,
        tracer=provider.get_tracer("parley"),
        provider=provider,
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


def parent_of(traceparent: str) -> Context | None:
    """The trace context that came with an event, to start a span under; None when it carried none."""
    if not traceparent:
        return None
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def traceparent_of(span: trace.Span) -> str:
    """The trace context that an event shall carry."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent", "")
