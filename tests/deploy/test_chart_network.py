"""The network policies allow the arrows of docs/architecture.md, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.helm import template
from tests.deploy.matrix import values_of
from tests.deploy.rules.network import Arrow, Inbound, Outbound, arrows, inbound, outbound, unprotected

_SERVICES = ("edge", "stt", "brain", "tts", "recorder")
_METRICS = {"edge": 8085, "stt": 8081, "brain": 8082, "tts": 8083, "recorder": 8084}
_TO_NATS = {Arrow(service, "trial-nats", 4222) for service in _SERVICES}
_TO_POSTGRES = {Arrow(service, "trial-postgres", 5432) for service in ("brain", "recorder")}
_TO_SANDBOX = {
    Arrow("edge", "sandbox", 9001),
    Arrow("stt", "sandbox", 9002),
    Arrow("brain", "sandbox", 9003),
    Arrow("tts", "sandbox", 9004),
    Arrow("sandbox", "edge", 8080),
    Arrow("test", "sandbox", 9001),
}


@pytest.mark.parametrize("policies", ["open", "closed"])
def test_services_share_the_bus_only(tool: Callable[[str], Path], policies: str) -> None:
    given = template(tool("helm4"), values_of({"policies": policies}))
    assert arrows(given) == set()
    trial = template(tool("helm4"), values_of({"policies": policies, "servers": "trial"}))
    assert arrows(trial) == _TO_NATS | _TO_POSTGRES
    sandbox = template(tool("helm4"), values_of({"policies": policies, "servers": "trial with sandbox"}))
    assert arrows(sandbox) == _TO_NATS | _TO_POSTGRES | _TO_SANDBOX


@pytest.mark.parametrize("servers", ["given", "given, with secrets", "trial", "trial with sandbox"])
@pytest.mark.parametrize("policies", ["open", "closed"])
def test_no_pod_is_forgotten(tool: Callable[[str], Path], servers: str, policies: str) -> None:
    objects = template(tool("helm4"), values_of({"servers": servers, "policies": policies}))
    assert [*unprotected(objects)] == []


def test_only_what_a_service_uses_is_reachable_from_it(tool: Callable[[str], Path]) -> None:
    objects = template(
        tool("helm4"), values_of({"policies": "closed", "monitoring": "traces", "recordings": "bucket"})
    )
    pods = (*_SERVICES, "migrate")
    expected = {Outbound(pod, "kube-system/any", 53, protocol) for pod in pods for protocol in ("TCP", "UDP")}
    expected |= {Outbound(service, "nats/any", 4222) for service in _SERVICES}
    expected |= {Outbound(service, "telemetry/any", 443) for service in _SERVICES}
    expected |= {Outbound(pod, "10.1.2.3/32", 5432) for pod in ("brain", "recorder", "migrate")}
    # Twilio, the providers, the object store.
    expected |= {Outbound(service, block, 443) for service in _SERVICES for block in ("0.0.0.0/0", "::/0")}
    assert outbound(objects) == expected


def test_a_recorder_with_a_volume_reaches_no_internet(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({"policies": "closed", "recordings": "volume"}))
    assert not [arrow for arrow in outbound(objects) if arrow.source == "recorder" and arrow.port == 443]


def test_emulated_services_reach_no_internet(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({"policies": "closed", "servers": "trial with sandbox"}))
    assert {arrow.port for arrow in outbound(objects) if arrow.source not in ("brain", "recorder")} == {53}


def test_private_addresses_are_not_providers(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({"policies": "open"}))
    blocks = [
        peer["ipBlock"]
        for item in objects
        if item["kind"] == "NetworkPolicy"
        for rule in item["spec"].get("egress") or []
        for peer in rule.get("to") or []
        if "ipBlock" in peer
    ]
    assert blocks
    for block in blocks:
        private = "fc00::/7" if ":" in block["cidr"] else "10.0.0.0/8"
        assert private in block["except"]


def test_only_the_edge_is_reachable_from_outside(tool: Callable[[str], Path]) -> None:
    closed = template(tool("helm4"), values_of({"policies": "closed"}))
    metrics = {Inbound("monitoring/any", service, port) for service, port in _METRICS.items()}
    assert inbound(closed) == {Inbound("ingress/any", "edge", 8080), *metrics}
    opened = template(tool("helm4"), values_of({"policies": "open"}))
    assert inbound(opened) == {Inbound("anything", "edge", 8080)}


def test_keda_reads_the_trials_queue(tool: Callable[[str], Path]) -> None:
    choice = {"policies": "closed", "servers": "trial", "scaling": "keda"}
    assert Inbound("any/any", "trial-nats", 8222) in inbound(template(tool("helm4"), values_of(choice)))
    del choice["scaling"]
    assert not [arrow for arrow in inbound(template(tool("helm4"), values_of(choice))) if arrow.port == 8222]
