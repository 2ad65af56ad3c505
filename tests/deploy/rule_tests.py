"""Turns the cases in `alert_cases` into tests for `promtool test rules`.

A case names series, the times at which its alert fires, with its labels, and times at which it is silent. A
system with one process of each stage surrounds them; `@stt-0` after a metric stands for the labels of such a
process. The tests read the series ALERTS, so that a case need not repeat the texts of the annotations.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cli.latency_budget import read_budget
from scripts import alert_rules
from scripts.latency_rules import seconds

CASES = Path(__file__).parent / "alert_cases"
RECORDING_GROUPS = ("parley-events", "parley-latency-budget", "parley-latency-days")
"""Groups whose results other groups read."""
STAGES = ("edge", "stt", "brain", "tts", "recorder")
_SERIES = re.compile(r"(?P<metric>[\w:]+)(?:@(?P<instance>[\w-]+))?(?:\{(?P<labels>.*)\})?$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Case:
    """One alert in one situation."""

    alert: str
    severity: str
    title: str
    series: Mapping[str, str]
    fires: Mapping[str, list[dict[str, str]]]
    silent: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """Series of the surrounding system that do not exist: metrics, `*@instance`, or `*` for all."""
    interval: str = "1m"
    evaluation: str = "30s"
    file: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Name in the output of tests."""
        return f"{self.alert} ({self.severity}): {self.title}"


def read_cases() -> list[Case]:
    """The cases of all files."""
    budget = read_budget()
    limits = {
        "{p95}": seconds(budget.turn.p95_ms),
        "{p50}": seconds(budget.turn.p50_ms),
        "{overhead}": seconds(budget.overhead.p95_ms),
    }
    cases: list[Case] = []
    for path in sorted(CASES.glob("*.yaml")):
        text = path.read_text("utf-8")
        for name, limit in limits.items():
            text = text.replace(name, limit)
        cases += [_case(entry, path.name) for entry in yaml.safe_load(text)]
    return cases


def _case(entry: dict[str, Any], file: str) -> Case:
    return Case(
        alert=entry.pop("alert"),
        severity=entry.pop("severity"),
        title=entry.pop("case"),
        series=entry.pop("series"),
        fires=entry.pop("fires", {}),
        silent=tuple(entry.pop("silent", ())),
        missing=tuple(entry.pop("missing", ())),
        file=file,
        **entry,
    )


def series(text: str) -> tuple[str, dict[str, str]]:
    """The metric and the labels of a series, with those of its process."""
    match = _SERIES.match(text)
    assert match, text
    labels = dict(_LABEL.findall(match["labels"] or ""))
    if match["instance"]:
        stage = match["instance"].rpartition("-")[0]
        labels |= {"job": f"parley-{stage}", "instance": match["instance"], "namespace": "p"}
    return match["metric"], labels


def written(metric: str, labels: Mapping[str, str]) -> str:
    """A series as promtool reads it."""
    inner = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{metric}{{{inner}}}"


def surrounding_system(samples: int) -> dict[str, str]:
    """A ready process of each stage."""
    found: dict[str, str] = {}
    for stage in STAGES:
        found |= {
            f"up@{stage}-0": f"1x{samples}",
            f"parley_ready@{stage}-0": f"1x{samples}",
            f'parley_build_info@{stage}-0{{stage="{stage}", version="1"}}': f"1x{samples}",
            f"process_start_time_seconds@{stage}-0": f"-86400x{samples}",
        }
    return found


def _is_missing(name: str, missing: Iterable[str]) -> bool:
    metric, _, rest = name.partition("@")
    return bool({"*", metric, f"*@{rest.partition('{')[0]}"} & set(missing))


def input_series(case: Case) -> list[dict[str, str]]:
    """All series of a case; those that it names replace those of the surrounding system."""
    last_s = max(alert_rules.seconds(at) for at in (*case.fires, *case.silent))
    system = surrounding_system(int(last_s / alert_rules.seconds(case.interval)) + 1)
    around = {name: text for name, text in system.items() if not _is_missing(name, case.missing)}
    by_series = {written(*series(name)): text for name, text in {**around, **case.series}.items()}
    return [{"series": name, "values": text} for name, text in by_series.items()]


def promtool_test(case: Case) -> dict[str, Any]:
    """The case as one test of promtool."""
    state = {"alertname": case.alert, "alertstate": "firing", "severity": case.severity}
    expr = written("ALERTS", state)
    return {
        "name": case.name,
        "interval": case.interval,
        "input_series": input_series(case),
        "promql_expr_test": [
            {
                "expr": f"count by ({', '.join(sorted(labels))}) ({expr})" if labels else f"count({expr})",
                "eval_time": at,
                "exp_samples": [
                    {"labels": written("", labels) if labels else "{}", "value": 1} for labels in expected
                ],
            }
            for at, expected in (*case.fires.items(), *((at, []) for at in case.silent))
            for labels in [_names(expected)]
        ],
    }


def _names(expected: list[dict[str, str]]) -> list[str]:
    return sorted(expected[0]) if expected else []


def evaluation_order(rules: Iterable[Path]) -> list[str]:
    """All groups, those that record first; promtool's own order is random, with unlisted groups first."""
    groups = {rule.group for rule in alert_rules.read_rules(rules)}
    return sorted(groups, key=lambda name: (name not in RECORDING_GROUPS, name))


def promtool_file(rules: Sequence[Path], evaluation: str, cases: Iterable[Case]) -> str:
    """A test file for promtool."""
    return yaml.safe_dump(
        {
            "rule_files": [str(path) for path in rules],
            "evaluation_interval": evaluation,
            "group_eval_order": evaluation_order(rules),
            "tests": [promtool_test(case) for case in cases],
        },
        sort_keys=False,
        width=1000,
    )
