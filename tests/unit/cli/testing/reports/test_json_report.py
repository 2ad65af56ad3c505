"""A run as JSON."""

import json

from cli.testing.reports.json_report import json_text
from tests.unit.cli.testing.reports.results import ALL


def test_the_report_has_each_test_with_its_call() -> None:
    report = json.loads(json_text(ALL, 20.0))

    assert (report["passed"], report["failed"], report["errors"]) == (1, 1, 1)
    assert [test["status"] for test in report["tests"]] == ["passed", "failed", "error"]
    call = report["tests"][0]["call"]
    assert call["latencies_ms"] == [1200, 900]
    assert call["tools"][0]["arguments"] == {"day": "Tuesday", "hour": 10}
    assert "call" not in report["tests"][2]
