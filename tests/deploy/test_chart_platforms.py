"""The chart on platforms whose ways differ: OpenShift, IPv6, dedicated nodes, unusual names of releases."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.helm import CHART, ROOT, HelmError, template
from tests.deploy.matrix import values_of
from tests.deploy.objects import Object, of_kind

_BUCKET = {"recordings": "bucket"}
_HPA_TOLERANCE = 1.1


def _render(tool: Callable[[str], Path], choice: dict[str, str], **more: Any) -> list[Object]:
    return template(tool("helm4"), {**values_of(choice), **more})


def _spec(objects: list[Object], kind: str, end: str) -> Any:
    (found,) = [item for item in of_kind(objects, kind) if item["metadata"]["name"].endswith(end)]
    return found["spec"]


def _variables(pod: Any) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in pod["containers"][0]["env"]}


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("http://[fd00::20]", 80),
        ("https://[fd00::20]", 443),
        ("http://[fd00::20]:4318", 4318),
        ("http://collector:4318", 4318),
        ("https://collector.example.com/otlp", 443),
    ],
)
def test_the_collector_s_port_is_allowed(tool: Callable[[str], Path], address: str, port: int) -> None:
    objects = _render(tool, {"policies": "open"}, monitoring={"otlpEndpoint": address})
    rules = _spec(objects, "NetworkPolicy", "-stt")["egress"]
    assert [{"port": port, "protocol": "TCP"}] in [rule["ports"] for rule in rules]


def test_a_release_s_name_may_have_dots(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({}), release="calls.prod")
    names = [item["metadata"]["name"] for item in of_kind(objects, "Service")]
    assert "calls-prod-parley-edge" in names
    assert not [name for name in names if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)]


def test_a_release_s_name_that_no_service_may_have_is_refused(tool: Callable[[str], Path]) -> None:
    with pytest.raises(HelmError, match="begins with a letter"):
        template(tool("helm4"), values_of({}), release="1parley")


def test_an_edge_behind_a_tls_load_balancer_has_a_secure_address(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {"direct": "host", "tls": "off"}, publicUrl="https://calls.example.com")
    pod = _spec(objects, "StatefulSet", "-edge")["template"]["spec"]
    assert _variables(pod)["PARLEY_EDGE_DIRECT_URL"] == "https://$(POD_NAME).edges.example.com"


def test_large_numbers_have_no_exponent(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {}, settings={"OTEL_BSP_MAX_QUEUE_SIZE": 20_000_000})
    pod = _spec(objects, "Deployment", "-stt")["template"]["spec"]
    assert _variables(pod)["OTEL_BSP_MAX_QUEUE_SIZE"] == "20000000"


def test_the_platform_may_choose_the_users_of_pods(tool: Callable[[str], Path]) -> None:
    ids = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}
    objects = _render(tool, _BUCKET, podSecurityContext=ids)
    for kind, end in (("StatefulSet", "-edge"), ("Deployment", "-stt"), ("Job", "-migrate")):
        security = _spec(objects, kind, end)["template"]["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert not security.keys() & ids.keys()


def test_a_trial_s_postgres_has_its_own_user(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {"servers": "trial"}, podSecurityContext={"runAsUser": 2000, "fsGroup": 2000})
    security = _spec(objects, "StatefulSet", "-trial-postgres")["template"]["spec"]["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (70, 70, 70)


def test_dns_may_have_another_port(tool: Callable[[str], Path]) -> None:
    policy = {"enabled": True, "dnsPorts": [53, 5353]}
    objects = _render(tool, {"servers": "trial with sandbox"}, networkPolicy=policy)
    for item in of_kind(objects, "NetworkPolicy"):
        ports = [port["port"] for rule in item["spec"].get("egress", []) for port in rule["ports"]]
        assert ports.count(53) == ports.count(5353)
    assert 5353 in [
        port["port"] for port in _spec(objects, "NetworkPolicy", "parley-edge")["egress"][0]["ports"]
    ]


def test_a_stage_may_have_further_rules(tool: Callable[[str], Path]) -> None:
    rule = {"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}], "ports": [{"port": 80, "protocol": "TCP"}]}
    policy = {"enabled": True, "extraEgress": {"recorder": [rule]}}
    objects = _render(tool, _BUCKET, networkPolicy=policy)
    assert rule in _spec(objects, "NetworkPolicy", "-recorder")["egress"]
    assert rule in _spec(objects, "NetworkPolicy", "-migrate")["egress"]
    assert rule not in _spec(objects, "NetworkPolicy", "-brain")["egress"]


def test_migrations_run_where_and_as_the_recorder_does(tool: Callable[[str], Path]) -> None:
    volume = {"name": "pg", "secret": {"secretName": "given-pg"}}
    mount = {"name": "pg", "mountPath": "/pg", "readOnly": True}
    toleration = {"key": "calls", "operator": "Exists"}
    objects = _render(
        tool,
        _BUCKET,
        defaults={"nodeSelector": {"pool": "calls"}, "tolerations": [toleration]},
        recorder={
            "settings": {"PGSSLROOTCERT": "/pg/ca.crt"},
            "extraEnv": [{"name": "TZ", "value": "UTC"}],
            "extraVolumes": [volume],
            "extraVolumeMounts": [mount],
        },
    )
    pod = _spec(objects, "Job", "-migrate")["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "calls"}
    assert pod["tolerations"] == [toleration]
    assert volume in pod["volumes"]
    assert mount in pod["containers"][0]["volumeMounts"]
    assert _variables(pod).items() >= {"PGSSLROOTCERT": "/pg/ca.crt", "TZ": "UTC"}.items()


def test_missing_figures_do_not_remove_edges(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {"scaling": "keda with Prometheus"})
    (trigger,) = _spec(objects, "ScaledObject", "-edge")["triggers"]
    assert trigger["metadata"]["ignoreNullValues"] == "false"


def test_a_system_that_scales_as_intended_raises_no_alert() -> None:
    target = yaml.safe_load((CHART / "values.yaml").read_text())["autoscaling"]["targetPercent"]
    rules = yaml.safe_load((ROOT / "deploy" / "alerts" / "capacity.yaml").read_text())
    (ticket,) = [
        rule["expr"]
        for group in rules["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "ParleyCapacityNearLimit" and rule["labels"]["severity"] == "ticket"
    ]
    assert target / 100 * _HPA_TOLERANCE < float(ticket.rsplit(">", 1)[1])


def test_a_trial_s_volume_has_room_for_the_streams(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {"servers": "trial"})
    (claim,) = _spec(objects, "StatefulSet", "-trial-nats")["volumeClaimTemplates"]
    size = claim["spec"]["resources"]["requests"]["storage"]
    environment = _variables(_spec(objects, "Deployment", "-stt")["template"]["spec"])
    work = 256 * 1024**2
    streams = [int(environment[f"PARLEY_{name}_STREAM_MAX_BYTES"]) for name in ("AUDIO", "CALLS")]
    # A file system takes 5 % of the volume, and NATS uses three quarters of the rest.
    assert int(size.removesuffix("Gi")) * 1024**3 * 0.95 * 0.75 > sum(streams) + work
