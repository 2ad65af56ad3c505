"""Shows findings as a table or as JSON, without secrets. No I/O but the console."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.doctor.finding import Finding
from cli.providers import SANDBOX_TOKEN

_MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "failed": ("failed", "red")}
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$")
_MIN_SECRET_CHARS = 8
_HIDDEN = "[hidden]"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """The values of variables that hold secrets, longest first."""
    values = {
        value.strip()
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and value != SANDBOX_TOKEN and len(value.strip()) >= _MIN_SECRET_CHARS
    }
    return sorted(values, key=len, reverse=True)


def without_secrets(findings: Iterable[Finding], secrets: Sequence[str]) -> list[Finding]:
    """The findings with each secret and control character replaced: their texts contain servers' messages."""
    return [replace(finding, text=_clean(finding.text, secrets)) for finding in findings]


def _clean(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _CONTROL.sub(" ", text).strip()


def as_json(findings: Sequence[Finding]) -> str:
    """The findings as a JSON object."""
    ok = not any(finding.state == "failed" for finding in findings)
    return json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]}, indent=2)


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print a table with one group of lines for each section, and a summary."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=44)
    table.add_column(overflow="fold", ratio=1)
    section = ""
    for finding in findings:
        if finding.section != section:
            section = finding.section
            table.add_row("", Text(section, style="bold"), "")
        mark, style = _MARKS[finding.state]
        table.add_row(Text(mark, style=style), Text(finding.subject), Text(finding.text))
    console.print(table)
    failed = sum(finding.state == "failed" for finding in findings)
    notes = sum(finding.state == "note" for finding in findings)
    style = "red" if failed else "green"
    console.print(Text(f"{failed} failed, {notes} to note, {len(findings) - failed - notes} ok", style=style))
