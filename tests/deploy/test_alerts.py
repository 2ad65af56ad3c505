"""The alerts: their rules are valid, use declared metrics, and fire when they should and only then."""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from parley.telemetry.catalogue import METRICS
from parley.telemetry.catalogue.metric import Kind
from scripts.alert_rules import FOLDER, Rule, read_rules, rule_files
from scripts.promql import usage
from tests.deploy import whole_systems
from tests.deploy.conftest import require_tool
from tests.deploy.rule_tests import Case, promtool_file, read_cases
from tests.deploy.whole_systems import only_firing, system_series

RULES = read_rules(rule_files(optional=True))
ALERTS = [rule for rule in RULES if rule.alert]
CASES = read_cases()
DASHBOARDS = FOLDER.parent / "dashboards"
TARGET_LABELS = {"namespace", "job", "instance"}
"""Labels that Prometheus adds to every series of a target."""
OTHER_METRICS = {
    # Of Prometheus and of its client library.
    "up": set(),
    "process_start_time_seconds": set(),
    # Only in the optional file: kube-state-metrics, kubelet, KEDA, cert-manager.
    "kube_pod_container_status_waiting_reason": {"pod", "container", "reason"},
    "kube_pod_container_status_restarts_total": {"pod", "container"},
    "kube_pod_container_status_last_terminated_reason": {"pod", "container", "reason"},
    "kube_horizontalpodautoscaler_status_current_replicas": {"horizontalpodautoscaler"},
    "kube_horizontalpodautoscaler_spec_max_replicas": {"horizontalpodautoscaler"},
    "kube_horizontalpodautoscaler_spec_min_replicas": {"horizontalpodautoscaler"},
    "keda_scaled_object_errors_total": {"exported_namespace", "scaledObject"},
    "kubelet_volume_stats_available_bytes": {"persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"persistentvolumeclaim"},
    "certmanager_certificate_ready_status": {"exported_namespace", "name", "condition"},
}


def run(*command: str | Path) -> str:
    """Run a command, which must succeed; returns its output."""
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def labels_of(metric: str) -> set[str]:
    """Labels that a metric may have."""
    if metric in OTHER_METRICS:
        return OTHER_METRICS[metric] | TARGET_LABELS
    base = re.sub(r"_(bucket|count|sum)$", "", metric)
    if metric in METRICS and METRICS[metric].kind is not Kind.HISTOGRAM:
        return set(METRICS[metric].labels) | TARGET_LABELS
    assert base in METRICS, f"{metric} is not in the catalogue"
    assert METRICS[base].kind is Kind.HISTOGRAM, f"{metric}: {base} is no histogram"
    assert base != metric, f"{metric} is a histogram: use its _bucket, _count or _sum"
    return set(METRICS[base].labels) | TARGET_LABELS | ({"le"} if metric.endswith("_bucket") else set())


@pytest.mark.parametrize("path", rule_files(optional=True), ids=lambda path: path.name)
def test_promtool_accepts_the_rules(path: Path) -> None:
    run(require_tool("promtool"), "check", "rules", "--lint-fatal", path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.alert or rule.record)
def test_a_rule_uses_declared_metrics_and_labels(rule: Rule) -> None:
    recorded = {other.record: other for other in RULES if other.record}
    used = usage(rule.expr)
    usable = set(TARGET_LABELS)
    for selector in used.selectors:
        if selector.metric in recorded:
            other = recorded[selector.metric]
            labels = set(usage(other.expr).grouping) | set(other.labels) | TARGET_LABELS | {"stage"}
        else:
            labels = labels_of(selector.metric)
        assert {name for name, _, _ in selector.matchers} <= labels, selector
        usable |= labels
    assert set(used.grouping) <= usable


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.alert or rule.record)
def test_a_bucket_that_a_rule_names_exists(rule: Rule) -> None:
    for selector in usage(rule.expr).selectors:
        for label, _, value in selector.matchers:
            if label == "le":
                buckets = METRICS[selector.metric.removesuffix("_bucket")].buckets
                assert float(value) in buckets
                assert value == str(float(value)), "as the client library writes it"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.alert or rule.record)
def test_a_value_that_a_rule_selects_is_documented(rule: Rule) -> None:
    for selector in usage(rule.expr).selectors:
        metric = METRICS.get(selector.metric)
        documented = dict(text.split(": ", 1) for text in metric.label_values) if metric else {}
        for label, operator, value in selector.matchers:
            if label in documented and operator in {"=", "=~"} and "error code" not in documented[label]:
                assert set(value.split("|")) <= set(re.findall(r"[\w-]+", documented[label])), selector


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.alert}-{rule.severity}")
def test_an_alert_has_its_texts_and_links(rule: Rule) -> None:
    assert rule.alert.startswith("Parley")
    assert rule.severity in {"page", "ticket", "none"}
    assert set(rule.labels) == {"severity", "subject"}
    assert set(rule.annotations) == {"summary", "description", "runbook_url", "dashboard"}
    assert rule.annotations["runbook_url"] == f"docs/operate/runbooks/{rule.alert}.md"
    assert len(rule.annotations["summary"]) < 100
    firing = [at for case in CASES if _is_of(case, rule) for at in case.fires.values()]
    fired = [labels for at in firing for labels in at]
    shown = set(re.findall(r"\$labels\.(\w+)", " ".join(rule.annotations.values())))
    assert all(shown <= set(labels) for labels in fired), "a label in the text that the alert does not have"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.alert}-{rule.severity}")
def test_the_dashboard_of_an_alert_exists(rule: Rule) -> None:
    dashboards = [json.loads(path.read_text("utf-8")) for path in DASHBOARDS.glob("*.json")]
    assert rule.annotations["dashboard"] in {f"/d/{dashboard['uid']}" for dashboard in dashboards}


def _is_of(case: Case, rule: Rule) -> bool:
    return (case.alert, case.severity) == (rule.alert, rule.severity)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.alert}-{rule.severity}")
def test_each_alert_has_cases_in_which_it_fires_and_resolves_and_stays_silent(rule: Rule) -> None:
    cases = [case for case in CASES if _is_of(case, rule)]
    assert any(case.fires for case in cases)
    if rule.severity != "none":
        assert any(case.fires and case.silent for case in cases)
        assert any(not case.fires for case in cases)


def test_each_case_has_its_alert() -> None:
    assert {(case.alert, case.severity) for case in CASES} == {(rule.alert, rule.severity) for rule in ALERTS}


@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_the_alerts_fire_and_resolve(file: str, tmp_path: Path) -> None:
    # With the rules of the file only: promtool evaluates all of them at each step.
    rules = [path for path in rule_files(optional=True) if path.name in {file, "events.yaml"}]
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in CASES:
        if case.file == file:
            groups[case.evaluation].append(case)
    for evaluation, cases in groups.items():
        written = tmp_path / f"{evaluation}.yaml"
        written.write_text(promtool_file(rules, evaluation, cases), encoding="utf-8")
        run(require_tool("promtool"), "test", "rules", written)


WHOLE_SYSTEMS = {
    "idle": only_firing(
        "an idle system",
        system_series(whole_systems.idle, "1x2000", "-86400x2000"),
        {"1m": (), "5m": (), "1h": (), "4h": ()},
    ),
    "healthy": only_firing(
        "two calls a minute, all well",
        system_series(whole_systems.healthy, "1x2000", "-86400x2000"),
        {"1m": (), "5m": (), "1h": (), "4h": ()},
    ),
    "restarted": only_firing(
        "all processes restart at once",
        system_series(whole_systems.restarted, "1x120 0 1x2000", "-86400x120 _ 7260x2000"),
        {"2h": (), "2h1m": (), "2h2m": (), "2h3m": (), "2h5m": (), "2h15m": (), "4h": ()},
    ),
    "scraped late": only_firing(
        "Prometheus is started after the system",
        system_series(whole_systems.scraped_late, "_x120 1x2000", "_x120 -86400x2000"),
        {"1h": ("ParleyAbsent",), "2h": (), "2h1m": (), "2h5m": (), "2h11m": (), "4h": ()},
    ),
    "nothing": only_firing(
        "no process at all", [], {"1m": (), "5m": ("ParleyAbsent",), "2h": ("ParleyAbsent",)}
    ),
}


@pytest.mark.parametrize("name", WHOLE_SYSTEMS)
def test_no_alert_fires_in_a_system_that_is_well(name: str, tmp_path: Path) -> None:
    rules = rule_files(optional=True)
    file = tmp_path / "test.yaml"
    file.write_text(whole_systems.promtool_file(rules, [WHOLE_SYSTEMS[name]]), encoding="utf-8")
    run(require_tool("promtool"), "test", "rules", file)


def test_the_rules_are_in_the_folder_that_prometheus_loads() -> None:
    assert {path.parent for path in rule_files()} == {FOLDER}
