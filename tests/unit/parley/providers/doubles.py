"""Telemetry and plugins for tests of the provider seam."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from parley.providers import registry
from parley.telemetry.catalogue.bus import BUS_DELAY
from parley.telemetry.catalogue.providers import (
    MODEL_SHUTDOWN,
    PROVIDER_FAILURES,
    PROVIDER_LIMIT,
    PROVIDER_REQUESTS,
)
from parley.telemetry.catalogue.turns import PROVIDER_FIRST_OUTPUT
from parley.telemetry.circuits import CircuitStates
from parley.telemetry.setup import Telemetry
from parley.telemetry.usage import UsageMetrics


def make_telemetry(exporter: InMemorySpanExporter | None = None, service: str = "test") -> Telemetry:
    """Telemetry in a separate registry."""
    metrics = CollectorRegistry()
    tracers = TracerProvider(shutdown_on_exit=False)
    if exporter is not None:
        tracers.add_span_processor(SimpleSpanProcessor(exporter))
    return Telemetry(
        service=service,
        registry=metrics,
        spans=None,
        bus_delay=BUS_DELAY.histogram(metrics),
        provider_first_output=PROVIDER_FIRST_OUTPUT.histogram(metrics),
        provider_requests=PROVIDER_REQUESTS.counter(metrics),
        provider_circuits=CircuitStates(metrics),
        provider_failures=PROVIDER_FAILURES.counter(metrics),
        provider_limit=PROVIDER_LIMIT.gauge(metrics),
        model_shutdown=MODEL_SHUTDOWN.gauge(metrics),
        usage=UsageMetrics.create(lambda _metric: metrics),
        tracer=tracers.get_tracer("test"),
    )


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, entries: str, **modules: str) -> Iterator[None]:
    """A distribution with these entry points and modules, as if pip had installed it."""
    name = folder.name.replace("-", "_")
    metadata = folder / f"{name}-0.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text(entries)
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    registry.reload_entry_points()
    try:
        yield
    finally:
        registry.reload_entry_points()
