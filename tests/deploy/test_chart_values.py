"""values.schema.json refuses what an operator misspells, and names it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.helm import CHART, HelmError, template
from tests.deploy.matrix import values_of
from tests.deploy.objects import read_objects

_STAGES = ("edge", "stt", "brain", "tts", "recorder")


def _nested(path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {head: _nested(rest, value) if rest else value}


def _merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in more.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


WRONG: list[tuple[str, Any]] = [
    ("hosts", "calls.example.com"),
    ("host", "https://calls.example.com"),
    ("host", "calls.example.com/x"),
    ("host", 5),
    ("publicUrl", "calls.example.com"),
    ("image.tags", "1"),
    ("image.tag", 1.0),
    ("image.pullPolicy", "always"),
    ("image.pullSecrets", ["name"]),
    ("image.digests", {"edge": "1.0"}),
    ("image.digests", {"brian": f"sha256:{'a' * 64}"}),
    ("settings", {"PARLEY LOG": "x"}),
    ("settings", ["PARLEY_LOG_LEVEL=info"]),
    ("settings", {"PARLEY_LOG_LEVEL": {"a": 1}}),
    ("listenHost", "localhost"),
    ("ipFamilyPolicy", "DualStack"),
    ("agents.file", {}),
    ("agents.files", {"clinic.yaml": {"greeting": "hi"}}),
    ("secrets.existingSecrets", "parley"),
    ("secrets.externalSecret.enabled", "yes"),
    ("secrets.externalSecret.storeRef.kind", "Store"),
    ("secrets.externalSecret.data", {"KEY": "path"}),
    ("nats.url", "http://nats:4222"),
    ("nats.replicas", 2.5),
    ("nats.replicas", "3"),
    ("nats.replicas", 7),
    ("nats.monitoringEndpoint", "http://nats:8222"),
    ("nats.monitoringHttps", "true"),
    ("nats.streams.audioMaxBytes", "2Gi"),
    ("recordings.url", "/recordings"),
    ("recordings.url", "http://bucket"),
    ("recordings.volume.size", "20 GB"),
    ("recordings.volume.accessModes", ["RWX"]),
    ("drainTimeoutSeconds", "30s"),
    ("drainTimeoutSeconds", -1),
    ("defaults.nodeSelectors", {}),
    ("defaults.tolerations", {}),
    ("defaults.secretKeys", "KEY"),
    ("defaults.disruptionBudget.maxUnavailable", 0),
    ("autoscaling.kind", "KEDA"),
    ("autoscaling.hpa.cpuUtilization", 0),
    ("autoscaling.hpa.cpuUtilization", "60%"),
    ("autoscaling.pollingInterval", "10s"),
    ("autoscaling.keda.prometheusAddress", "prometheus:9090"),
    ("ingress.kind", "ingress-nginx"),
    ("ingress.class", "nginx"),
    ("ingress.annotations", {"a": True}),
    ("ingress.tls", True),
    ("ingress.tls.enabled", "true"),
    ("ingress.direct.kind", "subdomain"),
    ("ingress.direct.domain", "*.edges.example.com"),
    ("ingress.streamTimeoutSeconds", "4h"),
    ("ingress.gateway.parentRefs", {"name": "g"}),
    ("networkPolicy.enable", True),
    ("networkPolicy.dns", {"namespaceSelector": {}}),
    ("networkPolicy.natsPort", 70000),
    ("networkPolicy.providers.cidrs", ["0.0.0.0"]),
    ("monitoring.serviceMonitor.interval", 15),
    ("monitoring.otlpEndpoint", "collector:4318"),
    ("migrations.enabled", "no"),
    ("trial.enabled", 1),
    ("trial.postgres.userId", 0),
    ("trial.nats.size", "big"),
    *((f"{stage}.replica", 2) for stage in _STAGES),
    *((f"{stage}.replicas", 0) for stage in _STAGES),
    *((f"{stage}.callsPerPod", "60") for stage in _STAGES),
    *((f"{stage}.autoscaling.minReplicas", 0) for stage in _STAGES),
    *((f"{stage}.resources", {"request": {}}) for stage in _STAGES),
    *((f"{stage}.extraEnv", {"A": "b"}) for stage in _STAGES),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[f"{path}={value!r}" for path, value in WRONG])
def test_a_wrong_value_is_refused_by_its_name(tool: Callable[[str], Path], path: str, value: Any) -> None:
    values = _merged(values_of({}), _nested(path, value))
    with pytest.raises(HelmError) as refused:
        template(tool("helm4"), values)
    message = str(refused.value)
    assert path.rpartition(".")[2] in message, message
    assert "nil pointer" not in message, message


def test_the_values_of_the_chart_satisfy_its_schema_completely() -> None:
    """Every key of values.yaml is in the schema, and every object there refuses other keys."""
    import json

    schema = json.loads((CHART / "values.schema.json").read_text())
    assert [*_open(schema, "")] == []


def _open(schema: dict[str, Any], path: str) -> Iterator[str]:
    if "properties" in schema and schema.get("additionalProperties", True) is True:
        yield path or "values"
    for name, inner in (schema.get("properties") or {}).items():
        yield from _open(inner, f"{path}.{name}")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"host": ""}, "host: set the name"),
        ({"ingress": {"kind": "none"}, "host": ""}, "publicUrl: without an ingress"),
        ({"ingress": {"direct": {"kind": "host"}}}, "ingress.direct.domain: set the domain"),
        ({"ingress": {"kind": "gateway"}}, "ingress.gateway.parentRefs: name the Gateway"),
        ({"trial": {"sandbox": True}}, "trial.sandbox: the emulators are part of a trial"),
        ({"secrets": {"externalSecret": {"enabled": True}}}, "secrets.externalSecret.storeRef.name"),
        ({"recordings": {"volume": {"accessModes": ["ReadWriteOnce"]}}}, "recordings: several recorders"),
        ({"brain": {"autoscaling": {"minReplicas": 11}}}, "brain.autoscaling: minReplicas is greater"),
        ({"settings": {"PARLEY_MAX_CALLS": 5}}, "settings: PARLEY_MAX_CALLS is set by the chart"),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    tool: Callable[[str], Path], values: dict[str, Any], expected: str
) -> None:
    for helm in ("helm3", "helm4"):
        with pytest.raises(HelmError, match=expected):
            template(tool(helm), _merged(values_of({}), values))


def test_the_reader_refuses_repeated_keys() -> None:
    with pytest.raises(ValueError, match="repeated keys"):
        read_objects("apiVersion: v1\nkind: A\nmetadata: {name: a, name: b}\n")
