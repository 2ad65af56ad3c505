"""Tests of showing findings."""

import io
import json

from rich.console import Console

from cli.doctor.finding import Finding, Latency
from cli.doctor.render import as_json, secrets_of, show, without_secrets

OK = Finding("openai", "llm", "ok", "first token after 90 ms", (Latency("first token", 90, 220),))
FAILED = Finding("openai", "OPENAI_API_KEY", "failed", "[red]HTTP 401[/]: set it")


def test_a_table_has_one_line_per_finding() -> None:
    """Markup in a server's message is shown as text."""
    output = io.StringIO()
    show([OK, FAILED], Console(file=output, width=120))
    lines = [line.rstrip().split(maxsplit=2) for line in output.getvalue().splitlines()]

    assert lines == [
        ["openai"],
        ["ok", "llm", "first token after 90 ms"],
        ["failed", "OPENAI_API_KEY", "[red]HTTP 401[/]: set it"],
        ["1", "failed,", "0 to note, 1 ok"],
    ]


def test_json_has_all_findings_with_their_latencies() -> None:
    """`ok` is false if a call would fail."""
    parsed = json.loads(as_json([OK, FAILED]))

    assert parsed["ok"] is False
    assert parsed["findings"][0]["latencies"] == [
        {"what": "first token", "measured_ms": 90, "budget_ms": 220}
    ]
    assert json.loads(as_json([OK]))["ok"] is True


def test_secrets_are_hidden() -> None:
    """A server may repeat the key that it refuses, or send control characters."""
    environment = {
        "OPENAI_API_KEY": "sk-1234567890",
        "TWILIO_AUTH_TOKEN": "sandbox",
        "PARLEY_AGENT": "clinic",
    }
    finding = Finding("openai", "key", "failed", "\x1b[2Jwrong: sk-1234567890\nsandbox clinic")
    [clean] = without_secrets([finding], secrets_of(environment))

    assert clean.text == "[2Jwrong: [hidden] sandbox clinic"
