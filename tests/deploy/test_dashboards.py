"""The dashboards are current, valid by Grafana's types, and ask only for metrics and labels that exist."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.dashboards.read import Target, panels, read, targets
from scripts.dashboards.write import FOLDER, files, text
from tests.deploy.promql_labels import UnknownName, labels_of

ROOT = Path(__file__).parents[2]
DASHBOARDS = read()
TARGETS = list(targets())
_GLOBAL = {"__rate_interval": "1m", "__range": "1h"}
_MAXIMUM_BYTES = 800_000


def _values(dashboard: dict[str, Any]) -> dict[str, str]:
    return _GLOBAL | {variable["name"]: ".*" for variable in dashboard["templating"]["list"]}


VALUES = {dashboard["uid"]: _values(dashboard) for dashboard in DASHBOARDS.values()}


def expression(target: Target) -> str:
    """The query as Grafana sends it with every variable at All."""
    return target.with_values(VALUES[target.dashboard])


def test_the_files_are_current() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(files()), "run `make dashboards`"
    for name, content in files().items():
        assert (FOLDER / name).read_text("utf-8") == content, f"{name} is not current: run `make dashboards`"


def test_all_files_fit_into_one_config_map() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < _MAXIMUM_BYTES


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafanas_types_lose_nothing(name: str) -> None:
    assert json.loads(text(Dashboard.from_json(DASHBOARDS[name]))) == DASHBOARDS[name]


def test_uids_and_titles_are_unique() -> None:
    for key in ("uid", "title"):
        counts = Counter(dashboard[key] for dashboard in DASHBOARDS.values())
        assert [value for value, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_panels_have_places_and_explanations(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert not cells & taken, f"{panel['title']} overlaps another panel"
        taken |= cells
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    titles = Counter(panel["title"] for panel in panels(dashboard))
    assert [title for title, count in titles.items() if count > 1] == []
    for panel in panels(dashboard):
        assert "**Normal:**" in panel["description"], panel["title"]
        assert "**Otherwise:**" in panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["noValue"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_metrics_and_labels_are_of_the_catalogue(target: Target) -> None:
    labels = labels_of(expression(target))
    named = set(re.findall(r"\{\{(\w+)\}\}", target.legend))
    assert named <= labels, f"legend {target.legend} of series with {sorted(labels)}"
    if target.kind in {"timeseries", "bargauge"} and "{{" not in target.legend:
        assert not labels, f"series with {sorted(labels)} cannot be told apart by {target.legend!r}"


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_tables_name_the_labels_of_their_rows(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        if panel["type"] == "table":
            order = panel["transformations"][-1]["options"]["indexByName"]
            keys = {name for name in order if not name.startswith("Value #")}
            for target in panel["targets"]:
                own = Target(dashboard["uid"], panel["title"], "", target["expr"], "", True, "table")
                assert labels_of(expression(own)) <= keys, f"{panel['title']}: {target['expr']}"


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_variables_and_annotations_use_declared_metrics(dashboard: dict[str, Any]) -> None:
    values = VALUES[dashboard["uid"]]
    for annotation in dashboard["annotations"]["list"]:
        labels_of(Target("", "", "", annotation["expr"], "", False, "").with_values(values))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
            assert match, variable["query"]
            assert match[2] in labels_of(match[1])
            assert variable["allValue"] == ".*", "All must also match series without the label"


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_every_variable_is_used(dashboard: dict[str, Any]) -> None:
    content = json.dumps({**dashboard, "templating": {}})
    for variable in dashboard["templating"]["list"]:
        assert re.search(rf"\$\{{?{variable['name']}\b", content), variable["name"]


def test_promtool_accepts_every_query(tool: Callable[[str], Path], tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": expression(target)} for number, target in enumerate(TARGETS)
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}), encoding="utf-8")
    answer = subprocess.run(
        [tool("promtool"), "check", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_links_lead_to_runbooks() -> None:
    for dashboard in DASHBOARDS.values():
        for panel in panels(dashboard):
            for link in panel.get("links", ()):
                path = link["url"].removeprefix("${docs}/")
                assert (ROOT / path).exists(), f"{panel['title']}: {path}"


def test_the_lines_of_the_budget_are_those_of_its_file() -> None:
    limits = yaml.safe_load((ROOT / "deploy" / "latency-budget.yaml").read_text("utf-8"))
    lines = {
        (target.panel, target.legend): float(target.expr.removeprefix("vector(").removesuffix(")"))
        for target in TARGETS
        if target.legend.startswith("budget")
    }
    assert lines["Turn latency", "budget p50"] == limits["turn"]["p50_ms"] / 1000
    assert lines["Turn latency", "budget p95"] == limits["turn"]["p95_ms"] / 1000
    assert lines["Parts of a turn, mean, stacked", "budget p50"] == limits["turn"]["p50_ms"] / 1000
    assert lines["Latency without providers", "budget p95"] == limits["overhead"]["p95_ms"] / 1000


def test_the_windows_of_rates_follow_the_graph_or_the_range() -> None:
    fixed = {target.name: re.findall(r"\[(\d\w+)\]", target.expr) for target in TARGETS}
    assert {name for name, windows in fixed.items() if windows} == {
        f"parley-latency: Burn rate of the error budget {ref}" for ref in "ABC"
    }


@pytest.mark.parametrize(
    "query",
    [
        "parley_no_such_metric",
        "parley_turn_latency_seconds",
        "sum by (colour) (parley_calls)",
        'parley_calls{agent="a"}',
        "histogram_quantile(0.5, sum by (part) (rate(parley_turn_part_seconds_bucket[1m])))",
        "sum by (stage) (parley_calls) / sum(parley_calls_limit)",
    ],
)
def test_a_wrong_name_is_noticed(query: str) -> None:
    with pytest.raises(UnknownName):
        labels_of(query)


def test_wrong_syntax_is_noticed() -> None:
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql_parser.parse("sum by (le (rate(x[1m]))")
