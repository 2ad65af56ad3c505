"""Prints the field table (`make field`): one line per test with a row mark."""

from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.field.brain_call import Environment
from tests.field.rows import ROW_IDS, Seen, line_properties

_FILE = Path("build/field.md")
_MAX_SEEN_CHARS = 160


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Seen:
    """Record what was seen; without a call the table shows the test's outcome only."""

    def record(value: object) -> None:
        request.node.user_properties.append(("seen", str(value)[:_MAX_SEEN_CHARS]))

    return record


@pytest.fixture
def environment(nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """The surroundings of a brain."""
    return nats_url, tmp_path, monkeypatch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach the table's columns to the tests, which carries them through xdist."""
    for item in items:
        item.user_properties.extend(line_properties(item))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write it as Markdown."""
    if not config.getoption("--field-table"):
        return
    lines = sorted(
        (
            _line(report)
            for outcome in ("passed", "failed", "error")
            for report in terminalreporter.stats.get(outcome, ())
            if isinstance(report, pytest.TestReport) and dict(report.user_properties).get("row")
        ),
        key=lambda line: (ROW_IDS.index(line[0]), line),
    )
    table = Table("row", "input", "expected", "seen", "", title="What real providers do")
    for line in lines:
        table.add_row(*map(escape, line))
    Console(width=200).print(table)
    missing = [row_id for row_id in ROW_IDS if row_id not in {line[0] for line in lines}]
    passed = sum(line[-1] == "passed" for line in lines)
    terminalreporter.write_line(
        f"{passed} of {len(lines)} lines passed; rows without a line: {', '.join(missing) or 'none'}"
    )
    _write(lines)


def _line(report: pytest.TestReport) -> tuple[str, str, str, str, str]:
    properties = dict(report.user_properties)
    seen = "; ".join(str(value) for name, value in report.user_properties if name == "seen")
    return (
        str(properties["row"]),
        str(properties["given"]),
        str(properties["expected"]),
        seen or "as expected" if report.passed else seen,
        report.outcome,
    )


def _write(lines: list[tuple[str, str, str, str, str]]) -> None:
    _FILE.parent.mkdir(exist_ok=True)
    rows = (
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )
    header = "| row | input | expected | seen | result |\n| --- | --- | --- | --- | --- |\n"
    _FILE.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
