"""Results of the dashboards' queries on given samples, evaluated by promtool."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml

from parley.telemetry.catalogue.survival import CLAIMS
from scripts.dashboards.promql import Scope, or_zero

_SERIES = 'parley_claims_total{namespace="n", instance="%s", kind="%s", stage="stt"}'


def _evaluate(program: Path, folder: Path, query: str, samples: dict[str, str]) -> float:
    """Value of the query after ten minutes."""
    expr = query.replace("$namespace", ".*").replace("$__range", "5m")
    rules = folder / "rules.yaml"
    rules.write_text(
        yaml.safe_dump({"groups": [{"name": "g", "rules": [{"record": "result", "expr": expr}]}]}), "utf-8"
    )
    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in samples.items()],
        # A value that no query has: the report then contains the real one.
        "promql_expr_test": [
            {"expr": "round(result, 0.1)", "eval_time": "10m", "exp_samples": [{"labels": "{}", "value": -1}]}
        ],
    }
    file = folder / "test.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}), "utf-8"
    )
    done = subprocess.run(
        [program, "test", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )
    report = (done.stdout + done.stderr).partition("got:")[2]
    match = re.search(r"\{\} (\S+?)[\"\s]", report)
    assert match, report
    return float(match[1])


def _total(tool: Callable[[str], Path], folder: Path, *values: str) -> float:
    samples = {_SERIES % (f"stt-{number}", "takeover"): text for number, text in enumerate(values)}
    return _evaluate(tool("promtool"), folder, Scope().events(CLAIMS), samples)


def test_events_of_a_series_that_was_there_before(tool: Callable[[str], Path], tmp_path: Path) -> None:
    assert _total(tool, tmp_path, "0+1x20") == 5


def test_the_first_event_of_a_new_series_counts(tool: Callable[[str], Path], tmp_path: Path) -> None:
    # It appears with 2 events in the ninth minute, and has the same a minute later.
    assert _total(tool, tmp_path, "_ _ _ _ _ _ _ _ _ 2 2 2") == 2


def test_a_single_sample_counts(tool: Callable[[str], Path], tmp_path: Path) -> None:
    assert _total(tool, tmp_path, "_ _ _ _ _ _ _ _ _ _ 3 3") == 3


def test_events_before_a_restart_are_not_lost(tool: Callable[[str], Path], tmp_path: Path) -> None:
    # 4 events, then a restart and 1 event: the lost start of the counter is at most its first value.
    assert 5 <= _total(tool, tmp_path, "_ _ _ _ _ _ 0 2 4 0 1") < 6.5


def test_no_series_is_zero(tool: Callable[[str], Path], tmp_path: Path) -> None:
    assert _total(tool, tmp_path) == 0


def test_zero_is_not_added_beside_other_series(tool: Callable[[str], Path], tmp_path: Path) -> None:
    query = f"count({or_zero(Scope().gauge('sum', CLAIMS, 'kind'), 'kind')})"
    samples = {_SERIES % ("stt", kind): "1x20" for kind in ("first", "takeover")}
    assert _evaluate(tool("promtool"), tmp_path, query, samples) == 2
