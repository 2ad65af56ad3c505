"""The resource of a process, by which a trace names it."""

import pytest

from parley.telemetry.resource import resource


def test_a_process_is_identified_by_service_and_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators add the cluster, the namespace and so on through OpenTelemetry's own variable."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging")
    found = resource("brain").attributes

    assert found["service.name"] == "parley-brain"
    assert found["service.namespace"] == "parley"
    assert found["service.instance.id"]
    assert found["service.version"]
    assert found["deployment.environment.name"] == "staging"
