"""Reading and rewriting the alerts' rule files."""

import pytest
import yaml

from scripts.alert_rules import (
    main,
    prometheus_rule,
    read_rules,
    rendered,
    rule_files,
    seconds,
    shorten_expression,
    shortened,
)


@pytest.mark.parametrize(
    ("duration", "value"), [("30s", 30), ("1h30m", 5400), ("3d", 259_200), ("500ms", 0.5)]
)
def test_durations(duration: str, value: float) -> None:
    assert seconds(duration) == value


@pytest.mark.parametrize("duration", ["5", "5 m", "m", "1.5h"])
def test_other_text_is_no_duration(duration: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(duration)


def test_a_duration_is_not_shortened_to_nothing() -> None:
    assert shortened("10m", 60) == "10000ms"
    assert shortened("30s", 60) == "1000ms"


@pytest.mark.parametrize(
    ("expr", "short"),
    [
        ("rate(a[10m] offset 1h) > 300", "rate(a[10000ms] offset 60000ms) > 300"),
        ("rate(a[1m])", "rate(a[5000ms])"),
        ("max_over_time(b[10m:1m])", "max_over_time(b[10000ms:1000ms])"),
        ("max_over_time(b[10m:])", "max_over_time(b[10000ms:])"),
        ("time() - process_start_time_seconds < 600", "time() - process_start_time_seconds < 10"),
        ("predict_linear(a[6h], 24 * 3600) < 0", "predict_linear(a[360000ms], 1440) < 0"),
        ("a - time() < 7 * 24 * 3600", "a - time() < 7 * 24 * 3600"),
    ],
)
def test_windows_of_an_expression_are_shortened(expr: str, short: str) -> None:
    assert shorten_expression(expr, 60) == short


def test_addresses_are_completed() -> None:
    rule = {
        "alert": "A",
        "expr": "up[5m]",
        "for": "5m",
        "annotations": {"summary": "s", "runbook_url": "docs/A.md", "dashboard": "/d/x"},
    }
    (group,) = rendered(
        [{"name": "g", "interval": "2m", "rules": [rule]}],
        runbook_base="https://git.example/blob/main/",
        dashboard_base="https://grafana.example",
        factor=60,
    )
    assert group["interval"] == "2000ms"
    (done,) = group["rules"]
    assert done["for"] == "5000ms"
    assert done["annotations"] == {
        "summary": "s",
        "runbook_url": "https://git.example/blob/main/docs/A.md",
        "dashboard": "https://grafana.example/d/x",
    }
    assert rendered([{"name": "g", "rules": [rule]}]) == [{"name": "g", "rules": [rule]}]


def test_a_prometheus_rule_contains_the_groups() -> None:
    made = prometheus_rule([{"name": "g", "rules": []}], "parley", {"release": "x"})
    assert made["metadata"] == {"name": "parley", "labels": {"release": "x"}}
    assert made["spec"]["groups"][0]["name"] == "g"


def test_rules_are_read() -> None:
    rules = read_rules(rule_files())
    watchdog = next(rule for rule in rules if rule.alert == "ParleyWatchdog")
    assert (watchdog.severity, watchdog.for_s, watchdog.file) == ("none", 0, "infrastructure.yaml")
    assert len(read_rules(rule_files(optional=True))) > len(rules)


def test_the_command_prints_a_prometheus_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--prometheus-rule", "parley-alerts", "--label", "release=kube"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["kind"] == "PrometheusRule"
    assert printed["metadata"]["labels"] == {"release": "kube"}
