"""Telemetry and plugins for tests of the provider seam."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from parley.providers import registry
from parley.telemetry.setup import Telemetry


def make_telemetry(exporter: InMemorySpanExporter | None = None) -> Telemetry:
    """Telemetry in a separate registry."""
    metrics = CollectorRegistry()
    tracers = TracerProvider(shutdown_on_exit=False)
    if exporter is not None:
        tracers.add_span_processor(SimpleSpanProcessor(exporter))
    return Telemetry(
        service="test",
        registry=metrics,
        spans=None,
        bus_delay_seconds=Histogram("bus_delay", "x", ["stage"], registry=metrics),
        provider_seconds=Histogram("provider_seconds", "x", ["provider", "what"], registry=metrics),
        provider_failures=Counter("provider_failures", "x", ["provider", "code"], registry=metrics),
        provider_limit_seconds=Gauge(
            "provider_limit", "x", ["provider", "model", "region", "what"], registry=metrics
        ),
        model_shutdown=Gauge("model_shutdown", "x", ["provider", "model"], registry=metrics),
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
