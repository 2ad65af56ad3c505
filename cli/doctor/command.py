"""Runs `parley doctor`: collects the checks, runs them, and shows their findings."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import structlog
from rich.console import Console

from cli.doctor.agent_file import read_agent_file
from cli.doctor.agent_routes import check_routes
from cli.doctor.assemblyai import check_assemblyai
from cli.doctor.cartesia import check_cartesia
from cli.doctor.context import AgentRoute, Context
from cli.doctor.database import check_database, needs_database
from cli.doctor.deepgram import check_deepgram
from cli.doctor.elevenlabs import check_elevenlabs
from cli.doctor.finding import Finding, Reporter
from cli.doctor.local import check_agent_file, check_programs, check_variables
from cli.doctor.native_models import check_anthropic, check_gemini
from cli.doctor.openai import check_openai
from cli.doctor.polly import check_polly
from cli.doctor.public_url import check_public_url
from cli.doctor.render import as_json, secrets_of, show, without_secrets
from cli.doctor.runner import Check, run_checks
from cli.doctor.twilio import check_twilio
from cli.latency_budget import read_budget
from cli.ports import default_ports
from cli.providers import emulated_providers
from cli.system import taken_ports
from parley.agent_config import AgentConfig, CallData, rendered
from parley.errors import ConfigError
from parley.providers.registry import ProviderContext, load_plugin
from parley.settings import CommonSettings
from parley.telemetry.setup import create_telemetry

LIMIT_S = 20.0
_BUILT_IN = {
    "openai": check_openai,
    "anthropic": check_anthropic,
    "gemini": check_gemini,
    "deepgram": check_deepgram,
    "elevenlabs": check_elevenlabs,
    "cartesia": check_cartesia,
    "assemblyai": check_assemblyai,
    "polly": check_polly,
}


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """The options of the command line."""

    home: Path
    agent: str = ""
    """Empty for that of PARLEY_AGENT."""
    offline: bool = False
    """Check variables, files and programs only."""
    json: bool = False
    only: str = ""
    """Name of a single section to check with requests, as in `openai`; empty for all."""


def doctor(environment: Mapping[str, str], options: DoctorOptions, console: Console) -> int:
    """Check everything and print the findings; returns 1 if a call would fail."""
    silence_logs()
    try:
        if options.json:
            findings = asyncio.run(examine(environment, options))
        else:
            with console.status("checking this machine") as status:
                findings = asyncio.run(examine(environment, options, status.update))
    except KeyboardInterrupt:
        return 130
    if options.json:
        console.print(as_json(findings), markup=False, highlight=False, soft_wrap=True)
    else:
        show(findings, console)
    return int(any(finding.state == "failed" for finding in findings))


async def examine(
    environment: Mapping[str, str],
    options: DoctorOptions,
    on_step: Callable[[str], None] = lambda _step: None,
    *,
    program_folder: Path | None = None,
    taken: Sequence[str] | None = None,
    limit_s: float = LIMIT_S,
) -> list[Finding]:
    """Run all checks and return their findings, without secrets."""
    findings: list[Finding] = []
    machine = Reporter("this machine", findings.append)
    ports = taken_ports(default_ports()) if taken is None else taken
    check_programs(program_folder or Path(sys.executable).parent, ports, machine)
    check_variables(environment, Reporter("providers", findings.append))
    folder = environment.get("PARLEY_AGENTS_DIR") or "agents"
    name = options.agent or environment.get("PARLEY_AGENT") or "clinic"
    try:
        checked = check_agent_file(folder, name, environment, Reporter("agent", findings.append))
        # The texts of a call without parameters.
        agent = rendered(checked, CallData())
    except ConfigError:
        agent = AgentConfig(name=name, prompt="-")
        usable = False
    else:
        usable = True
    if not options.offline:
        async with _open_context(environment, options, agent, folder) as context:
            checks = _checks(context, has_agent=usable)
            checks = [check for check in checks if options.only in ("", check.section)]
            names = {check.section for check in checks}
            await _import_plugins(context if usable else None, names, on_step)
            findings += await run_checks(
                checks, limit_s, lambda waiting: on_step(f"waiting for {', '.join(waiting)}")
            )
    return without_secrets(findings, secrets_of(environment))


@asynccontextmanager
async def _open_context(
    environment: Mapping[str, str], options: DoctorOptions, agent: AgentConfig, folder: str
) -> AsyncIterator[Context]:
    telemetry = create_telemetry("doctor", CommonSettings(otlp_endpoint=""))
    async with httpx.AsyncClient() as client:
        yield Context(
            environment=environment,
            agent=agent,
            agent_file=read_agent_file(folder, agent.name),
            budget=read_budget(),
            providers=ProviderContext(telemetry),
            client=client,
            home=options.home,
        )


def _checks(context: Context, *, has_agent: bool) -> list[Check]:
    checks = []
    if context.is_real("twilio"):
        checks.append(Check("twilio", partial(check_twilio, context)))
    checks.append(Check("public address", partial(check_public_url, context)))
    if not has_agent:
        return checks
    if needs_database(context.agent):
        checks.append(Check("database", partial(check_database, context)))
    emulated = {provider.name for provider in emulated_providers(context.environment)}
    by_provider: dict[str, list[AgentRoute]] = {}
    for route in context.routes():
        by_provider.setdefault(route.config.provider, []).append(route)
    for name, routes in by_provider.items():
        if name not in emulated:
            check = _BUILT_IN.get(name, check_routes)
            checks.append(Check(name, partial(check, routes, context)))
    return checks


async def _import_plugins(
    context: Context | None, names: Collection[str], on_step: Callable[[str], None]
) -> None:
    """Import the providers' SDKs first: it takes seconds of CPU time, which would distort the latencies."""
    routes = context.routes() if context is not None else ()
    for route in (route for route in routes if route.config.provider in names):
        on_step(f"loading {route.config.provider}")
        try:
            await asyncio.to_thread(load_plugin, route.kind, route.config.provider)
        except ConfigError:
            # The check of the route reports it.
            continue


def silence_logs() -> None:
    """Write no log lines between the findings: the adapters log what the findings report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
