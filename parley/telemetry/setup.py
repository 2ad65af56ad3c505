"""Sets up the logs, metrics and traces of one process."""

import logging
import sys
from dataclasses import dataclass

import stamina.instrumentation
import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracer, Tracer
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from parley.settings import CommonSettings
from parley.telemetry.catalogue import bus, providers, turns
from parley.telemetry.catalogue.metric import Metric
from parley.telemetry.circuits import CircuitStates
from parley.telemetry.resource import resource
from parley.telemetry.trace_context import add_trace_id
from parley.telemetry.usage import UsageMetrics

_SPAN_EXPORT_INTERVAL_MS = 1000
SHADOW_SUFFIX = "-shadow"
"""Ends the name of a service that runs as a shadow."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The metrics and the span exporter of a process."""

    service: str
    registry: CollectorRegistry
    spans: SpanProcessor | None
    """Exports finished spans over OTLP; None if no endpoint is configured."""
    bus_delay: Histogram
    provider_first_output: Histogram
    provider_requests: Counter
    provider_failures: Counter
    provider_circuits: CircuitStates
    provider_limit: Gauge
    model_shutdown: Gauge
    usage: UsageMetrics
    tracer: Tracer
    """Starts spans that are exported like `spans`; does nothing if no endpoint is configured."""

    def exports(self, metric: Metric) -> bool:
        """Whether this service exports a metric, also when it runs as a shadow."""
        return _exports(self.service, metric)

    def close(self) -> None:
        """Export the remaining spans."""
        if self.spans is not None:
            self.spans.shutdown()


def start_telemetry(service: str, settings: CommonSettings) -> Telemetry:
    """Set up logs on standard error, metrics in a new registry, and traces to an OTLP endpoint if set."""
    configure_logging(service, settings)
    return create_telemetry(service, settings)


def create_telemetry(service: str, settings: CommonSettings) -> Telemetry:
    """Set up metrics in a new registry, and traces to an OTLP endpoint if set; logs stay unchanged."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    spans: SpanProcessor | None = None
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        spans = BatchSpanProcessor(exporter, schedule_delay_millis=_SPAN_EXPORT_INTERVAL_MS)

    def exporting(metric: Metric) -> CollectorRegistry | None:
        """The registry for metrics that this service exports; the others are counted in none."""
        return registry if _exports(service, metric) else None

    return Telemetry(
        service=service,
        registry=registry,
        spans=spans,
        tracer=_tracer(service, spans),
        bus_delay=bus.BUS_DELAY.histogram(exporting(bus.BUS_DELAY)),
        provider_first_output=turns.PROVIDER_FIRST_OUTPUT.histogram(exporting(turns.PROVIDER_FIRST_OUTPUT)),
        provider_requests=providers.PROVIDER_REQUESTS.counter(exporting(providers.PROVIDER_REQUESTS)),
        provider_circuits=CircuitStates(exporting(providers.PROVIDER_CIRCUIT_OPEN)),
        provider_failures=providers.PROVIDER_FAILURES.counter(exporting(providers.PROVIDER_FAILURES)),
        provider_limit=providers.PROVIDER_LIMIT.gauge(exporting(providers.PROVIDER_LIMIT)),
        model_shutdown=providers.MODEL_SHUTDOWN.gauge(exporting(providers.MODEL_SHUTDOWN)),
        usage=UsageMetrics.create(exporting),
    )


def _exports(service: str, metric: Metric) -> bool:
    return service.removesuffix(SHADOW_SUFFIX) in metric.exported_by


def _tracer(service: str, spans: SpanProcessor | None) -> Tracer:
    if spans is None:
        return NoOpTracer()
    provider = TracerProvider(resource=resource(service), shutdown_on_exit=False)
    provider.add_span_processor(spans)
    return provider.get_tracer("parley")


def configure_logging(service: str, settings: CommonSettings) -> None:
    """Log one line per event to standard error; format `auto` is text on a terminal and JSON elsewhere."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer(pad_event_to=0) if text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            lambda _logger, _name, event: {"service": service, **event},
            add_trace_id,
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
    # Callers log failures that persist after all retries.
    stamina.instrumentation.set_on_retry_hooks((_log_retry,))
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    structlog.get_logger().debug(
        "retry_scheduled", retry=details.retry_num, wait_s=details.wait_for, caused_by=repr(details.caused_by)
    )
