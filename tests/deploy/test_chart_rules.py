"""Each rule finds the fault that it is for, set in what the chart really renders."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.chart_check import rule_problems
from tests.deploy.helm import template
from tests.deploy.matrix import values_of
from tests.deploy.objects import Object
from tests.deploy.rules.network import Arrow, arrows, unprotected
from tests.deploy.rules.upgrades import upgrade_problems
from tests.deploy.schemas import schema_problems

_CHOICE = {
    "policies": "closed",
    "scaling": "keda",
    "monitoring": "on",
    "agents": "files",
    "recordings": "volume",
}


@pytest.fixture(scope="module")
def rendered(tool: Callable[[str], Path]) -> list[Object]:
    """The chart with most of what it can have."""
    return template(tool("helm4"), values_of(_CHOICE))


def _find(objects: list[Object], kind: str, name: str) -> Any:
    (found,) = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def _stt(objects: list[Object]) -> Any:
    return _find(objects, "Deployment", "parley-stt")["spec"]["template"]["spec"]


def _container(objects: list[Object]) -> Any:
    return _stt(objects)["containers"][0]


def _set_env(objects: list[Object], name: str, value: str) -> None:
    environment = _container(objects)["env"]
    environment[:] = [entry for entry in environment if entry["name"] != name] + [
        {"name": name, "value": value}
    ]


FAULTS: list[tuple[str, Callable[[list[Object]], object], str]] = [
    ("twice", lambda o: o.append(copy.deepcopy(_find(o, "Service", "parley-edge"))), "rendered 2 times"),
    ("name", lambda o: _find(o, "Service", "parley-edge")["metadata"].update(name="Edge"), "not a DNS name"),
    (
        "label",
        lambda o: _find(o, "Service", "parley-edge")["metadata"]["labels"].update(a="b c"),
        "invalid value",
    ),
    ("root", lambda o: _stt(o)["securityContext"].update(runAsNonRoot=False), "runAsNonRoot is false"),
    ("seccomp", lambda o: _stt(o)["securityContext"].pop("seccompProfile"), "seccompProfile is None"),
    ("capabilities", lambda o: _container(o)["securityContext"].pop("capabilities"), "lacks ALL"),
    ("host path", lambda o: _stt(o)["volumes"].append({"name": "x", "hostPath": {"path": "/"}}), "hostPath"),
    ("host network", lambda o: _stt(o).update(hostNetwork=True), "hostNetwork is true"),
    (
        "write",
        lambda o: _container(o)["securityContext"].pop("readOnlyRootFilesystem"),
        "readOnlyRootFilesystem",
    ),
    ("token", lambda o: _stt(o).pop("automountServiceAccountToken"), "automountServiceAccountToken"),
    ("links", lambda o: _stt(o).pop("enableServiceLinks"), "enableServiceLinks"),
    ("latest", lambda o: _container(o).update(image="parley-stt:latest"), "no fixed version"),
    ("image", lambda o: _container(o).update(image="parley-tts:0.1.0"), "runs the image"),
    ("memory", lambda o: _container(o).update(resources={}), "no resources.limits.memory"),
    ("account", lambda o: _stt(o).update(serviceAccountName="stt"), "ServiceAccount/stt does not exist"),
    (
        "agents",
        lambda o: o.remove(_find(o, "ConfigMap", "parley-agents")),
        "ConfigMap/parley-agents does not",
    ),
    ("mount", lambda o: _container(o)["volumeMounts"].pop(), "is not mounted"),
    ("volume", lambda o: _stt(o)["volumes"].pop(), "volume agents does not exist"),
    (
        "key",
        lambda o: _container(o)["env"].append(
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "given-keys", "key": "A_KEY"}}}
        ),
        "needs the key A_KEY, which is documented nowhere",
    ),
    ("unused", lambda o: o.append(_unused()), "ConfigMap/unused is not used"),
    (
        "selector",
        lambda o: _find(o, "Service", "parley-edge")["spec"]["selector"].update(a="b"),
        "matches []",
    ),
    (
        "target port",
        lambda o: _find(o, "Service", "parley-edge")["spec"]["ports"][0].update(targetPort="web"),
        "has no port web",
    ),
    (
        "probe",
        lambda o: _container(o)["livenessProbe"]["httpGet"].update(port="http"),
        "there is no port http",
    ),
    ("path", lambda o: _container(o)["readinessProbe"]["httpGet"].update(path="/ready"), "requests /ready"),
    (
        "backend",
        lambda o: _find(o, "Ingress", "parley-edge")["spec"]["rules"][0]["http"]["paths"][0]["backend"][
            "service"
        ].update(name="edge"),
        "there is no Service edge",
    ),
    (
        "monitor",
        lambda o: _find(o, "ServiceMonitor", "parley")["spec"]["endpoints"][0].update(port="http"),
        "has no port http",
    ),
    (
        "budget",
        lambda o: _find(o, "PodDisruptionBudget", "parley-stt")["spec"]["selector"]["matchLabels"].update(
            a="b"
        ),
        "selects [], not one",
    ),
    (
        "spread",
        lambda o: _stt(o)["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update(a="b"),
        "does not count its own pods",
    ),
    (
        "scaled",
        lambda o: _find(o, "ScaledObject", "parley-stt")["spec"]["scaleTargetRef"].update(name="stt"),
        "there is no Deployment stt",
    ),
    (
        "consumer",
        lambda o: _find(o, "ScaledObject", "parley-stt")["spec"]["triggers"][0]["metadata"].update(
            consumer="tts-workers"
        ),
        "parley-stt is scaled on the work of tts",
    ),
    ("replicas", lambda o: _find(o, "Deployment", "parley-stt")["spec"].update(replicas=2), "has replicas"),
    (
        "hook",
        lambda o: _find(o, "Job", "parley-migrate")["spec"]["template"]["spec"].update(
            serviceAccountName="parley-recorder"
        ),
        "ServiceAccount/parley-recorder does not exist yet",
    ),
    ("misspelt", lambda o: _set_env(o, "PARLEY_LOG_LEVELS", "info"), "stt has no setting PARLEY_LOG_LEVELS"),
    (
        "other service",
        lambda o: _set_env(o, "TWILIO_AUTH_TOKEN", "x"),
        "stt has no setting TWILIO_AUTH_TOKEN",
    ),
    ("invalid", lambda o: _set_env(o, "PARLEY_LOG_LEVEL", "verbose"), "PARLEY_LOG_LEVEL"),
    (
        "port",
        lambda o: _set_env(o, "PARLEY_STT_PORT", "9000"),
        "declares the ports [8081], and listens on [9000]",
    ),
    ("loopback", lambda o: _set_env(o, "PARLEY_HTTP_HOST", "127.0.0.1"), "listens on 127.0.0.1 only"),
    (
        "plain secret",
        lambda o: _set_env(o, "DEEPGRAM_API_KEY", "abc"),
        "is a secret, and does not come from one",
    ),
    ("drain", lambda o: _stt(o).update(terminationGracePeriodSeconds=30), "is killed after 30 s"),
    (
        "policy",
        lambda o: _find(o, "NetworkPolicy", "parley-stt")["spec"]["podSelector"]["matchLabels"].update(a="b"),
        "applies to no pod",
    ),
]


def _unused() -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unused"}, "data": {"a": "b"}}


@pytest.mark.parametrize(("name", "fault", "expected"), FAULTS, ids=[name for name, _, _ in FAULTS])
def test_a_fault_is_found(
    rendered: list[Object], name: str, fault: Callable[[list[Object]], object], expected: str
) -> None:
    broken = copy.deepcopy(rendered)
    fault(broken)
    assert expected in "\n".join(rule_problems(broken)), name


@pytest.mark.parametrize(
    ("kind", "name", "field", "value"),
    [
        ("Deployment", "parley-stt", "replica", 2),
        ("Deployment", "parley-stt", "replicas", "2"),
        ("ScaledObject", "parley-stt", "cooldown", 2),
        ("ScaledObject", "parley-stt", "maxReplicaCount", "many"),
        ("ServiceMonitor", "parley", "endpoint", []),
        ("NetworkPolicy", "parley-stt", "egres", []),
    ],
)
def test_the_schemas_refuse_other_fields(
    rendered: list[Object], kind: str, name: str, field: str, value: Any
) -> None:
    item = copy.deepcopy(_find(rendered, kind, name))
    assert schema_problems(item, "1.37") == []
    item["spec"][field] = value
    assert field in "\n".join(schema_problems(item, "1.37"))


def test_the_schemas_refuse_other_fields_of_a_route(tool: Callable[[str], Path]) -> None:
    route = _find(template(tool("helm4"), values_of({"ingress": "gateway"})), "HTTPRoute", "parley-edge")
    assert schema_problems(route, "1.37") == []
    route["spec"]["rules"] *= 17
    assert "at most 16 items" in "\n".join(schema_problems(route, "1.37"))
    route["spec"]["rules"] = [{"timeouts": {"request": "4 hours"}, "backendRef": []}]
    problems = "\n".join(schema_problems(route, "1.37"))
    assert "timeouts.request" in problems
    assert "backendRef: Extra inputs" in problems


def test_a_kind_that_a_version_lacks_is_refused() -> None:
    item = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}}
    assert "1.37 has no PodDisruptionBudget in policy/v1beta1" in schema_problems(item, "1.37")[0]
    unknown = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
    assert "no model of Thing" in schema_problems(unknown, "1.37")[0]


def test_an_open_policy_is_found(tool: Callable[[str], Path]) -> None:
    objects = template(tool("helm4"), values_of({"policies": "closed", "servers": "trial"}))
    assert Arrow("stt", "tts", 8083) not in arrows(objects)
    for name in ("parley-stt", "parley-tts"):
        spec = _find(objects, "NetworkPolicy", name)["spec"]
        spec["ingress"].append({})
        spec["egress"].append({})
    assert Arrow("stt", "tts", 8083) in arrows(objects)
    unguarded = [item for item in objects if item["kind"] != "NetworkPolicy"]
    assert "Deployment/parley-stt: no policy restricts its egress" in [*unprotected(unguarded)]


def test_a_fixed_field_that_changes_is_found(rendered: list[Object]) -> None:
    after = copy.deepcopy(rendered)
    _find(after, "StatefulSet", "parley-edge")["spec"]["podManagementPolicy"] = "OrderedReady"
    assert "podManagementPolicy cannot change" in "\n".join(upgrade_problems(rendered, after))
