"""Each alert has a runbook, and what the runbooks name exists."""

import re
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import app
from parley.telemetry.catalogue import METRICS
from scripts.alert_rules import read_rules, rule_files
from scripts.promql import usage
from tests.deploy.test_alerts import OTHER_METRICS, RULES, labels_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operate" / "runbooks"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
ALERTS = {rule.alert: rule for rule in read_rules(rule_files(optional=True)) if rule.alert}
SECTIONS = ["What it means for callers", "What to look at", "What to do", "When to escalate"]
EXPOSED_BY_THE_CLIENT_LIBRARY = {"process_resident_memory_bytes"}
NOT_OURS = {
    "container_cpu_cfs_throttled_periods_total",
    "prometheus_rule_group_last_evaluation_timestamp_seconds",
}
RECORDED = {rule.record for rule in RULES if rule.record}


@cache
def sources() -> str:
    """All code of the services, and the log keys in it."""
    files = [*ROOT.glob("parley/**/*.py"), *ROOT.glob("services/**/*.py")]
    return "\n".join(path.read_text("utf-8") for path in files)


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    assert {path.stem for path in PAGES} == set(ALERTS)


def test_the_index_names_each_alert_with_its_severities() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    for name in ALERTS:
        severities = ", ".join(rule.severity for rule in RULES if rule.alert == name)
        assert f"| [{name}]({name}.md) | {severities} |" in index


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_all_sections(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith(f"# {path.stem}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert f"/{ALERTS[path.stem].file}`" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_queries_of_a_page_use_existing_metrics(path: Path) -> None:
    for query in re.findall(r"```promql\n\s*(.*?)\n\s*```", path.read_text("utf-8"), re.DOTALL):
        for selector in usage(query).selectors:
            if selector.metric in RECORDED | EXPOSED_BY_THE_CLIENT_LIBRARY:
                continue
            assert {label for label, _, _ in selector.matchers} <= labels_of(selector.metric), query


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_names_exists(path: Path) -> None:
    for name in re.findall(r"`([^`\n]+)`", path.read_text("utf-8")):
        if name.startswith("parley "):
            _check_command(name.split()[1:])
        elif re.fullmatch(r"(PARLEY|TWILIO)_[A-Z0-9_]+", name):
            assert f"`{name}`" in (ROOT / "docs" / "settings.md").read_text("utf-8"), name
        elif re.fullmatch(r"[a-z]+(_[a-z]+)+", name) and name not in NOT_OURS | OTHER_METRICS.keys():
            _check_name(name)
        elif name.startswith("make "):
            assert f"\n{name.split()[1]}:" in (ROOT / "Makefile").read_text("utf-8"), name
        elif re.match(r"deploy/|docs/", name):
            assert (ROOT / name).exists(), name


def _check_command(words: list[str]) -> None:
    command = get_command(app)
    for word in words:
        commands = getattr(command, "commands", {})
        if commands:
            assert word in commands, words
            command = commands[word]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, words


def _check_name(name: str) -> None:
    """A metric, a log key, or a field of the agent file."""
    if name in METRICS or name in EXPOSED_BY_THE_CLIENT_LIBRARY:
        return
    base = re.sub(r"_(bucket|count|sum)$", "", name)
    assert base in METRICS or f'"{name}"' in sources() or f"    {name}: " in sources(), name


@pytest.mark.parametrize("path", [*PAGES, FOLDER / "README.md"], ids=lambda path: path.stem)
def test_links_lead_to_pages(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_list_of_alerts_is_complete() -> None:
    text = (ROOT / "docs" / "operate" / "alerts.md").read_text("utf-8")
    rows = set(
        re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| (\w+) \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    )
    assert rows == {(rule.alert, rule.severity, _written(rule.for_s)) for rule in RULES if rule.alert}


def _written(duration_s: float) -> str:
    for unit, length_s in (("h", 3600), ("min", 60), ("s", 1)):
        if duration_s and duration_s % length_s == 0:
            return f"{duration_s / length_s:.0f} {unit}"
    return "at once"
