"""Autoscaling leaves room for calls that arrive until a pod is ready, and pods have time to stop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.helm import CHART, template
from tests.deploy.matrix import values_of
from tests.deploy.objects import Object, of_kind

_STAGES = ("edge", "stt", "brain", "tts", "recorder")
_HPA_TOLERANCE = 1.1
"""The autoscaler of Kubernetes does nothing while the load is within a tenth of its target."""


def _render(tool: Callable[[str], Path], choice: dict[str, str], **more: Any) -> list[Object]:
    return template(tool("helm4"), {**values_of(choice), **more})


def _named(objects: list[Object], kind: str, end: str) -> Any:
    (found,) = [item for item in of_kind(objects, kind) if item["metadata"]["name"].endswith(end)]
    return found["spec"]


@pytest.mark.parametrize("stage", ["stt", "brain", "tts", "recorder"])
def test_pods_are_added_before_all_are_full(tool: Callable[[str], Path], stage: str) -> None:
    objects = _render(tool, {"scaling": "keda"})
    (trigger,) = _named(objects, "ScaledObject", f"-{stage}")["triggers"]
    (container,) = _named(objects, "Deployment", f"-{stage}")["template"]["spec"]["containers"]
    (max_calls,) = [entry["value"] for entry in container["env"] if entry["name"] == "PARLEY_MAX_CALLS"]
    assert int(trigger["metadata"]["lagThreshold"]) * _HPA_TOLERANCE < int(max_calls)


@pytest.mark.parametrize("stage", _STAGES)
def test_a_pod_stops_before_the_next_one_is_removed(tool: Callable[[str], Path], stage: str) -> None:
    objects = _render(tool, {"scaling": "keda"}, drainTimeoutSeconds=300)
    advanced = _named(objects, "ScaledObject", f"-{stage}")["advanced"]
    (policy,) = advanced["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]["policies"]
    kind = "StatefulSet" if stage == "edge" else "Deployment"
    pod = _named(objects, kind, f"-{stage}")["template"]["spec"]
    assert policy["value"] == 1
    assert policy["periodSeconds"] >= pod["terminationGracePeriodSeconds"] > 300


def test_a_stopping_edge_is_still_reached_at_its_own_address(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {})
    assert _named(objects, "Service", "-edge-0")["publishNotReadyAddresses"] is True
    assert "publishNotReadyAddresses" not in _named(objects, "Service", "-edge")


@pytest.mark.parametrize(("mode", "strategy"), [("ReadWriteOnce", "Recreate"), ("ReadWriteMany", None)])
def test_a_volume_of_one_node_is_left_before_it_is_mounted_again(
    tool: Callable[[str], Path], mode: str, strategy: str | None
) -> None:
    recordings = {"url": "file:///recordings", "volume": {"accessModes": [mode]}}
    objects = _render(tool, {}, recordings=recordings, recorder={"replicas": 1})
    assert _named(objects, "Deployment", "-recorder")["strategy"].get("type") == strategy


def test_a_slow_start_is_waited_for(tool: Callable[[str], Path]) -> None:
    objects = _render(tool, {}, settings={"PARLEY_START_TIMEOUT_S": 120})
    (container,) = _named(objects, "Deployment", "-stt")["template"]["spec"]["containers"]
    probe = container["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] > 120


def test_the_links_of_alerts_are_complete(tool: Callable[[str], Path]) -> None:
    monitoring = {
        "prometheusRule": {
            "enabled": True,
            "runbookBase": "https://git.example.com/parley/",
            "dashboardBase": "https://grafana.example.com",
        }
    }
    rules = [
        rule
        for item in of_kind(_render(tool, {}, monitoring=monitoring), "PrometheusRule")
        for group in item["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert rules
    assert (CHART / "files" / "alerts").is_dir()
    for rule in rules:
        annotations = rule["annotations"]
        assert annotations["runbook_url"].startswith("https://git.example.com/parley/docs/operate/runbooks/")
        assert annotations.get("dashboard", "https://grafana.example.com/d/").startswith(
            "https://grafana.example.com/d/"
        )
