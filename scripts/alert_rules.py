"""Reads the rule files in `deploy/alerts`, and prints them for another use (`--help` shows how).

Prometheus can load the files directly. This program fills in the addresses of runbooks and dashboards,
wraps the rules in a PrometheusRule of the Prometheus Operator, or shortens all durations for a drill.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "deploy" / "alerts"
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_RANGE = re.compile(r"\[([\dsmhdwy]+)(?::([\dsmhdwy]*))?\]")
_OFFSET = re.compile(r"\boffset\s+([\dsmhdwy]+)")
_AGE = re.compile(r"(time\(\) - process_start_time_seconds < )(\d+)")
"""The age of a process is compared with a number of seconds that is a window of the same rule."""
_HORIZON = re.compile(r"(predict_linear\([^,]+, )(\d+) \* 3600\)")
"""A prediction looks as far ahead, in hours, as its range looks back, or some times as far."""
_MIN_RANGE_S = 5.0
"""A shorter range would contain too few samples of a scrape interval of 1 s."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording or alerting rule."""

    file: str
    group: str
    record: str
    """Name of the recorded metric; empty for an alert."""
    alert: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    for_s: float

    @property
    def severity(self) -> str:
        """The severity of an alert: page, ticket or none."""
        return self.labels.get("severity", "")


def rule_files(*, optional: bool = False) -> list[Path]:
    """The rule files, with those for the metrics of Kubernetes if `optional`."""
    return sorted([*FOLDER.glob("*.yaml"), *(FOLDER.glob("optional/*.yaml") if optional else ())])


def read_rules(files: Iterable[Path]) -> list[Rule]:
    """All rules of the files, in order."""
    return [
        Rule(
            path.name,
            group["name"],
            rule.get("record", ""),
            rule.get("alert", ""),
            rule["expr"],
            rule.get("labels", {}),
            rule.get("annotations", {}),
            seconds(rule.get("for", "0s")),
        )
        for path in files
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]


def seconds(duration: str) -> float:
    """A duration of Prometheus in seconds, for example of `1h30m`."""
    parts = _DURATION.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"not a duration: {duration!r}")
    return sum(int(number) * _UNITS_S[unit] for number, unit in parts)


def shortened(duration: str, factor: float, min_s: float = 1.0) -> str:
    """A duration divided by a factor, but not under `min_s`."""
    return f"{max(seconds(duration) / factor, min_s) * 1000:.0f}ms"


def shorten_expression(expr: str, factor: float) -> str:
    """An expression whose ranges, offsets and process ages are divided by a factor."""

    def window(match: re.Match[str]) -> str:
        length = shortened(match[1], factor, _MIN_RANGE_S)
        if match[2] is None:
            return f"[{length}]"
        return f"[{length}:{shortened(match[2], factor) if match[2] else ''}]"

    expr = _RANGE.sub(window, expr)
    expr = _OFFSET.sub(lambda match: f"offset {shortened(match[1], factor, _MIN_RANGE_S)}", expr)
    expr = _HORIZON.sub(lambda match: f"{match[1]}{int(match[2]) * 3600 / factor:g})", expr)
    return _AGE.sub(lambda match: f"{match[1]}{max(int(match[2]) / factor, _MIN_RANGE_S):g}", expr)


def rendered(
    groups: list[dict[str, Any]], *, runbook_base: str = "", dashboard_base: str = "", factor: float = 1
) -> list[dict[str, Any]]:
    """Groups with complete addresses and durations divided by `factor`."""
    return [_group(group, runbook_base, dashboard_base, factor) for group in groups]


def _group(group: dict[str, Any], runbook_base: str, dashboard_base: str, factor: float) -> dict[str, Any]:
    rules = [_rule(rule, runbook_base, dashboard_base, factor) for rule in group["rules"]]
    if factor != 1 and "interval" in group:
        return {**group, "interval": shortened(group["interval"], factor), "rules": rules}
    return {**group, "rules": rules}


def _rule(rule: dict[str, Any], runbook_base: str, dashboard_base: str, factor: float) -> dict[str, Any]:
    rule = dict(rule)
    if factor != 1:
        rule["expr"] = shorten_expression(rule["expr"], factor)
        for key in ("for", "keep_firing_for"):
            if key in rule:
                rule[key] = shortened(rule[key], factor)
    if "annotations" in rule:
        links = {"runbook_url": runbook_base, "dashboard": dashboard_base}
        rule["annotations"] = {
            name: links.get(name, "").rstrip("/") + ("/" if links.get(name) else "") + text.lstrip("/")
            if links.get(name)
            else text
            for name, text in rule["annotations"].items()
        }
    return rule


def prometheus_rule(groups: list[dict[str, Any]], name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The groups as a PrometheusRule of the Prometheus Operator."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {"groups": groups},
    }


def all_groups(*, optional: bool = False) -> list[dict[str, Any]]:
    """The groups of all rule files."""
    return [
        group
        for path in rule_files(optional=optional)
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    ]


def main(arguments: list[str]) -> int:
    """Print the rules as YAML; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m scripts.alert_rules", description=__doc__)
    parser.add_argument("--runbook-base", default="", help="address that precedes docs/operate/runbooks/…")
    parser.add_argument("--dashboard-base", default="", help="address of Grafana, which precedes /d/…")
    parser.add_argument("--factor", type=float, default=1, help="divide all durations by this (for a drill)")
    parser.add_argument("--optional", action="store_true", help="with the alerts on metrics of Kubernetes")
    parser.add_argument("--prometheus-rule", metavar="NAME", default="", help="print a PrometheusRule")
    parser.add_argument(
        "--label", action="append", default=[], metavar="KEY=VALUE", help="label of the PrometheusRule"
    )
    options = parser.parse_args(arguments)
    groups = rendered(
        all_groups(optional=options.optional),
        runbook_base=options.runbook_base,
        dashboard_base=options.dashboard_base,
        factor=options.factor,
    )
    labels = dict(label.split("=", 1) for label in options.label)
    shown = (
        prometheus_rule(groups, options.prometheus_rule, labels)
        if options.prometheus_rule
        else {"groups": groups}
    )
    print(yaml.safe_dump(shown, sort_keys=False, width=1000, allow_unicode=True), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
