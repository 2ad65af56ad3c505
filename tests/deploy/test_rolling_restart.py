"""`make rolling` restarts processes as the chart's pods are restarted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.rolling.chart import STAGES, rollout
from tests.deploy.helm import RELEASE, template


@pytest.mark.parametrize("drain_s", [8, 30])
def test_the_time_limits_and_strategies_are_those_of_the_chart(
    tool: Callable[[str], Path], drain_s: int
) -> None:
    objects = template(
        tool("helm4"),
        {"host": "calls.example.com", "drainTimeoutSeconds": drain_s, "recordings": {"url": "s3://b/r"}},
    )
    pods = {o["metadata"]["name"]: o["spec"] for o in objects if o["kind"] in ("Deployment", "StatefulSet")}
    for stage in STAGES:
        spec = pods[f"{RELEASE}-{stage}"]
        pod = spec["template"]["spec"]
        plan = rollout(stage, drain_s)
        assert pod["terminationGracePeriodSeconds"] == plan.grace_period_s
        hooks = pod["containers"][0].get("lifecycle", {})
        assert hooks.get("preStop", {}).get("sleep", {}).get("seconds", 0) == plan.pre_stop_s
        strategy = spec.get("strategy", {}).get("rollingUpdate")
        assert strategy == ({"maxSurge": 1, "maxUnavailable": 0} if plan.surge else None)
